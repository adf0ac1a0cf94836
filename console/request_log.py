"""One id per request: in its line of the log, in the header X-Request-ID of the answer, in the audit log."""

from time import perf_counter
from typing import Any

import structlog
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils.functional import LazyObject
from django_structlog import signals


@receiver(signals.bind_extra_request_metadata)
def begin(request: Any, **_: Any) -> None:
    """Give the request its id and the time at which it began."""
    request.request_id = structlog.contextvars.get_contextvars()["request_id"]
    request.begun = perf_counter()


@receiver(signals.bind_extra_request_finished_metadata)
def finish(request: Any, response: HttpResponse, log_kwargs: dict[str, Any], **_: Any) -> None:
    """Who asked, from where, how long it took."""
    log_kwargs.update(facts_of(request))
    response["X-Request-ID"] = request.request_id


@receiver(signals.bind_extra_request_failed_metadata)
def fail(request: Any, log_kwargs: dict[str, Any], **_: Any) -> None:
    """The same beside the traceback."""
    log_kwargs.update(facts_of(request))


@receiver(signals.update_failure_response)
def mark_failure(request: Any, response: HttpResponse, **_: Any) -> None:
    """The page that says 500 carries the id too."""
    response["X-Request-ID"] = request.request_id


def facts_of(request: Any) -> dict[str, Any]:
    """What the line of a request tells besides address and status."""
    return {
        "user": user_of(request),
        "address": request.META.get("REMOTE_ADDR", ""),
        "ms": round((perf_counter() - request.begun) * 1000),
    }


def user_of(request: HttpRequest) -> str:
    """The person's name if anything has asked for the person; logging asks the database nothing."""
    user = request.__dict__.get("user")
    if isinstance(user, LazyObject):
        user = getattr(request, "_cached_user", None)
    return user.get_username() if user is not None else ""
