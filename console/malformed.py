"""Requests whose address, method or body can't be used are refused in words."""

import codecs
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from console.refusals import tell
from ops.api.errors import Problem

PAGE = "400.html"
UTF8 = frozenset({"utf-8", "ascii"})


class MalformedRequestMiddleware:
    """Answers 404, 411, 413 or 415 instead of a view, and words for a bare 405; asks no database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        problem = problem_of(request)
        if problem is not None:
            return tell(request, problem, page=PAGE)
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and not response.content:
            # Of an answer without a body, as to a refused form that is loaded again, browsers show nothing.
            return tell(request, method_problem(request, response["Allow"]), page=PAGE)
        return response


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


def method_problem(request: HttpRequest, allowed: str) -> Problem:
    """What a view says that was asked with another method than its own."""
    message = f"This address takes {allowed}, not {request.method}. Go back to the page that led here."
    return Problem(status=405, code="method_not_allowed", message=message, headers={"Allow": allowed})


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
