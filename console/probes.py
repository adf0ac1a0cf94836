"""What machines ask: `/healthz`, `/readyz`, `/metrics`."""

import hmac
from collections.abc import Callable, Mapping

from django.conf import settings
from django.db import Error, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from console.metrics import Collector
from ops.engine import schema
from ops.health import broker
from ops.platform import shared_cache
from ops.platform.database_errors import trouble_of
from ops.platform.database_file import require_file
from ops.platform.prepared import Unprepared, require_prepared, require_unaltered

OK = "ok"


@require_safe
@never_cache
def alive(request: HttpRequest) -> HttpResponse:
    """200 while this process answers, whatever the database does."""
    return JsonResponse({"alive": True})


@require_safe
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """503 when no page can be served; 200 when some of it waits or is refused, and what; no internals."""
    checks = {name: ask() for name, ask in CHECKS.items()}
    failed = [name for name, answer in checks.items() if answer != OK]
    is_ready = NEEDED.isdisjoint(failed)
    answer = {"ready": is_ready, "checks": checks, "reasons": {name: REASONS[name] for name in failed}}
    return JsonResponse(answer, status=200 if is_ready else 503)


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus, read from the database now, so that any number of processes tell the same.

    Asks for `Authorization: Bearer` with CONSOLE_METRICS_TOKEN; without that setting there is nothing here.
    """
    if not settings.METRICS_TOKEN:
        raise Http404("Set CONSOLE_METRICS_TOKEN to serve metrics.")
    expected = f"Bearer {settings.METRICS_TOKEN}"
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), expected.encode()):
        headers = {"WWW-Authenticate": 'Bearer realm="metrics"'}
        return HttpResponse("Unauthorized\n", status=401, headers=headers, content_type="text/plain")
    registry = CollectorRegistry()
    registry.register(Collector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def check_database() -> str:
    """Whether the database answers."""
    return asked(connection.ensure_connection)


def check_prepared() -> str:
    """Whether the console's own tables are there and up to date."""
    try:
        return asked(require_all)
    except Unprepared:
        return "unprepared"


def require_all() -> None:
    """Raise Unprepared also where a table was altered after this process had found everything in order."""
    require_unaltered()
    require_prepared()


def check_schema() -> str:
    """Whether the engine's tables are what this console knows; if not, only operations are refused."""
    return asked(lambda: None if schema.check(connection).ok else "mismatch")


def check_broker() -> str:
    """Whether tasks can be sent."""
    return OK if broker.recent() else "unreachable"


def check_cache() -> str:
    """Whether the cache that processes share answers; OK where there is none."""
    return "unreachable" if shared_cache.is_away() else OK


def asked(question: Callable[[], str | None]) -> str:
    """The answer, or the kind of trouble there was in asking."""
    try:
        require_file()
        return question() or OK
    except Error as error:
        return str(trouble_of(error) or "failed")


CHECKS: Mapping[str, Callable[[], str]] = {
    "database": check_database,
    "prepared": check_prepared,
    "schema": check_schema,
    "broker": check_broker,
    "cache": check_cache,
}

# Taking a process out of service helps nobody when the others lack the same, and pages can still be read.
NEEDED = frozenset({"database", "prepared"})
REASONS = {
    "database": "No page can be served until the database answers.",
    "prepared": "No page can be served until `manage.py prepare` has been run.",
    "schema": "Operations are refused until this console knows the engine's tables.",
    "cache": "Each process counts requests and keeps figures for itself until Redis answers.",
    "broker": "Jobs and measurements wait until the broker answers.",
}
