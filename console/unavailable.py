"""One clear answer while the database can't be used, and nothing else to do when it comes back.

Pages get a page, htmx a status that makes open pages keep and dim what they show, the API its JSON.
"""

import logging
from collections.abc import Callable

from django.db import Error
from django.http import HttpRequest, HttpResponse

from console.refusals import tell
from ops.api.errors import UNPREPARED, Problem, problem_of_database
from ops.platform.database_file import require_file
from ops.platform.prepared import Unprepared, require_prepared

logger = logging.getLogger("console.unavailable")

# What has to answer whatever the database does; readiness and figures tell of the database themselves.
WITHOUT_DATABASE = frozenset({"/healthz", "/readyz"})


class UnavailableMiddleware:
    """Answers 503 before and instead of a view; stands outside everything that asks the database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in WITHOUT_DATABASE:
            return self.get_response(request)
        try:
            require_file()
            require_prepared()
        except (Unprepared, Error) as error:
            answer = answer_to(request, error)
            if answer is None:
                raise
            return answer
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Instead of the view's 500, when the database is to blame."""
        return answer_to(request, exception)


def answer_to(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """The answer while the database can't be used; None if the error is of another kind."""
    problem = problem_of(error)
    if problem is None:
        return None
    logger.warning("%s %s: %s (%s)", request.method, request.path, problem.code, error)
    return tell(request, problem, page="console/unavailable.html")


def problem_of(error: BaseException | None) -> Problem | None:
    """What the error means, without internals."""
    if isinstance(error, Unprepared):
        return UNPREPARED
    return problem_of_database(error) if isinstance(error, Error) else None
