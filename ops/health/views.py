"""The page of the console's own health: what a worker measured last, the workers, the extensions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from ops.access.guards import page
from ops.display.fragments import render_part
from ops.engine import extensions, schema
from ops.health import measurements
from ops.health.measurements import Reading

NAMES = {
    "schema": "Engine's tables",
    "extensions": "Extensions",
    "queue": "Queue",
    "stuck": "Stuck runs",
    "broker": "Broker",
    "worker": "Workers of the console",
}
LINKS = {"queue": "/runs?state=queued", "stuck": "/runs?state=stuck", "extensions": "#extensions"}


@dataclass(frozen=True)
class Line:
    """One reading as the page shows it."""

    label: str
    reading: Reading
    is_stale: bool
    link: str

    @property
    def is_well(self) -> bool:
        """Whether it was measured lately, and found well."""
        return self.reading.ok and not self.is_stale


def lines(now: datetime) -> list[Line]:
    """The kept readings, in the order of measuring."""
    return [
        Line(NAMES.get(one.name, one.name), one, one.is_stale(now), LINKS.get(one.name, ""))
        for one in measurements.current()
    ]


def workers(found: list[Line]) -> list[tuple[str, datetime]]:
    """Host and time of the workers that measured lately, the last first."""
    seen: dict[str, Any] = next(
        (one.reading.data.get("seen", {}) for one in found if one.reading.name == "worker"), {}
    )
    pairs = [(host, datetime.fromisoformat(at)) for host, at in seen.items()]
    return sorted(pairs, key=lambda pair: pair[1], reverse=True)


@require_safe
@page("ops.view_health")
def health_page(request: HttpRequest) -> HttpResponse:
    """As `/api/health` tells it, with what to do; the fragment alone for htmx."""
    now, report = timezone.now(), schema.recent()
    found = lines(now)
    context = {
        "title": "Health",
        "lines": found,
        "ok": report.ok and all(one.is_well for one in found),
        "report": report,
        "extensions": extensions.recent().values(),
        "workers": workers(found),
        "database": connection.display_name,
        "stale_after": measurements.STALE_AFTER,
    }
    return render_part(request, page="ops/health.html", fragment="ops/_health.html", context=context)
