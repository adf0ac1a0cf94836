"""Requests whose address or body can't be read are refused before anything tries to."""

import codecs
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from console.refusals import tell
from ops.api.errors import Problem

PAGE = "400.html"
UTF8 = frozenset({"utf-8", "ascii"})


class MalformedRequestMiddleware:
    """Answers 404, 411, 413 or 415 instead of a view; asks neither session nor database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        problem = problem_of(request)
        if problem is not None:
            return tell(request, problem, page=PAGE)
        return self.get_response(request)


def problem_of(request: HttpRequest) -> Problem | None:
    """What makes the request unreadable; None if nothing does."""
    if "\x00" in request.path:
        # No address of ours holds one, and PostgreSQL refuses to look for a key that does.
        return Problem(status=404, code="not_found", message="There is nothing at an address with a NUL.")
    if "Transfer-Encoding" in request.headers:
        # Django reads as many bytes as Content-Length says, and so would see an empty body.
        return Problem(
            status=411, code="length_required", message="Send the body with Content-Length, not in chunks."
        )
    size, limit = size_of(request), settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
    if size > limit:
        message = f"The body has {size:,} bytes; at most {limit:,} are accepted. Send less at a time."
        return Problem(status=413, code="too_large", message=message)
    charset = (request.content_params or {}).get("charset", "utf-8")
    if size and encoding_of(charset) not in UTF8:
        message = f"The charset “{charset[:40]}” isn't supported. Send UTF-8."
        return Problem(status=415, code="unsupported_media_type", message=message)
    return None


def size_of(request: HttpRequest) -> int:
    """Bytes of the body, as Django will read them."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def encoding_of(charset: str) -> str:
    """The encoding's one name; nothing for an unknown one."""
    try:
        return codecs.lookup(charset).name
    except (LookupError, ValueError):
        return ""
