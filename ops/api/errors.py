"""Every error of the API as `{"error": {"code", "message", "fields"}}`."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.db import connection
from django.http import Http404, UnreadablePostError
from rest_framework import exceptions
from rest_framework.response import Response

from ops.engine import schema
from ops.platform.database_errors import Trouble, trouble_of
from ops.platform.errors import EngineMismatch, InvalidInput, StateConflict
from ops.platform.prepared import Unprepared, require_unaltered

logger = logging.getLogger("console.api")

TROUBLES = {
    Trouble.UNREACHABLE: "The database can't be reached at the moment. Nothing was changed. Try again.",
    Trouble.BUSY: "The database is busy at the moment. Nothing was changed. Try again.",
    Trouble.TIMEOUT: "The database took too long to answer. Nothing was changed. Narrow the filter.",
}
NOT_FOUND = "There is nothing at this address."
INTERNAL = "Something went wrong in the console. The console's log has the cause under the request id."
RETRY_AFTER = "5"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What the caller is told."""

    status: int
    code: str
    message: str
    fields: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> dict[str, Any]:
        """The JSON of the answer."""
        return {"error": {"code": self.code, "message": self.message, "fields": dict(self.fields)}}


def answer(error: Exception, context: dict[str, Any]) -> Response:
    """Django REST framework's exception handler."""
    problem = problem_of(error)
    if problem.status == 500:
        request = context.get("request")
        logger.error("%s failed", getattr(request, "path", "A request"), exc_info=error)
    return Response(problem.body, status=problem.status, headers=dict(problem.headers))


def problem_of(error: Exception) -> Problem:
    """The problem that an exception stands for; anything unknown is a 500 without internals."""
    for kind, tell in TELLERS.items():
        if isinstance(error, kind):
            return tell(error)
    return problem_of_database(error) or Problem(status=500, code="internal", message=INTERNAL)


UNPREPARED = Problem(
    status=503,
    code="unprepared",
    message="The console's own tables are missing or out of date. Run manage.py prepare.",
    headers={"Retry-After": RETRY_AFTER},
)


def problem_of_database(error: Exception) -> Problem | None:
    """503 for trouble with the database; None for any other error, also for a fault of our own SQL."""
    trouble = trouble_of(error)
    if trouble in TROUBLES:
        headers = {"Retry-After": RETRY_AFTER}
        return Problem(status=503, code=trouble.value, message=TROUBLES[trouble], headers=headers)
    return problem_of_tables() if trouble == Trouble.MISMATCH else None


def problem_of_tables() -> Problem | None:
    """503 if the engine's tables or our own aren't what this version knows."""
    report = schema.check(connection)
    try:
        require_unaltered()
    except Unprepared:
        return problem_of_report(report.faults) or UNPREPARED
    return problem_of_report(report.sentences)


def problem_of_report(sentences: Sequence[str]) -> Problem | None:
    """503 with what is wrong with the engine's tables, if anything is."""
    message = " ".join(sentences)
    return Problem(status=503, code=Trouble.MISMATCH.value, message=message) if message else None


def invalid(fields: Mapping[str, str]) -> Problem:
    """400 with what is wrong at each field."""
    named = ", ".join(fields)
    return Problem(status=400, code="invalid", message=f"The request can't be used: {named}.", fields=fields)


def refused(error: Any) -> Problem:
    """What Django REST framework itself refuses: 401, 404, 405, 406, 415, 429 and the like."""
    headers = {"WWW-Authenticate": str(error.auth_header)} if getattr(error, "auth_header", None) else {}
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    return Problem(
        status=error.status_code, code=str(error.default_code), message=str(error.detail), headers=headers
    )


def flat(detail: Any, name: str = "") -> dict[str, str]:
    """A serializer's nested errors as dotted name → text."""
    if isinstance(detail, dict):
        parts = [flat(part, f"{name}.{key}" if name else str(key)) for key, part in detail.items()]
        return {key: text for part in parts for key, text in part.items()}
    texts = detail if isinstance(detail, list) else [detail]
    return {"body" if name in {"", "non_field_errors"} else name: " ".join(map(str, texts))}


TELLERS: Mapping[type[Exception], Callable[[Any], Problem]] = {
    InvalidInput: lambda error: invalid(error.fields),
    exceptions.ValidationError: lambda error: invalid(flat(error.detail)),
    exceptions.ParseError: lambda error: invalid({"body": str(error.detail)}),
    exceptions.NotAuthenticated: lambda error: replace(
        refused(error), message="Send a token as “Authorization: Bearer …”, or sign in."
    ),
    exceptions.NotFound: lambda error: Problem(status=404, code="not_found", message=NOT_FOUND),
    Http404: lambda error: Problem(status=404, code="not_found", message=str(error) or NOT_FOUND),
    PermissionDenied: lambda error: Problem(
        status=403, code="permission_denied", message=str(error) or "You may not do this."
    ),
    StateConflict: lambda error: Problem(status=409, code="conflict", message=str(error)),
    EngineMismatch: lambda error: Problem(status=409, code="mismatch", message=str(error)),
    SuspiciousOperation: lambda error: invalid({"body": "It can't be read."}),
    BadRequest: lambda error: invalid({"body": "It can't be read."}),
    UnreadablePostError: lambda error: invalid({"body": "It ended before it was complete."}),
    exceptions.APIException: refused,
}
