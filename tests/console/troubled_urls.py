"""The portal's addresses, and a few whose database gives trouble."""

from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

from console.urls import handler500
from console.urls import urlpatterns as portal
from tests.console.trouble import break_database

__all__ = ["handler500", "urlpatterns"]


def slow(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """A question that the database gives up."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET statement_timeout = '20ms'")
            cursor.execute("SELECT pg_sleep(10)")
        else:
            connection.connection.set_progress_handler(lambda: 1, 1000)
            cursor.execute(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
            )
    raise AssertionError("the database answered")


def bug(request: HttpRequest) -> HttpResponse:
    """A fault of our own, which looks like a missing table of the engine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM no_such_table")
    raise AssertionError("the database answered")


def loses_database(request: HttpRequest) -> HttpResponse:
    """Fails after the view, when the session is kept."""
    request.session["seen"] = True
    break_database()
    return HttpResponse("fine so far")


urlpatterns = [
    path("slow", slow),
    path("api/slow", slow),
    path("bug", bug),
    path("loses-database", loses_database),
    *portal,
]
