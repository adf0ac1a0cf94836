"""The page that shows an incident in one look: figures, states over time, who fails, who is stuck."""

from datetime import tzinfo
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from console.overview_panels import Alert, failing, incident_alert, lost_alert, troubles, worker_line
from console.overview_tiles import tiles
from ops.access.guards import page
from ops.display.fragments import render_part
from ops.display.timezones import zone_of
from runs.links import runs_link
from runs.models import Run
from runs.stats import live, statistics
from runs.stats.charts import FrameCharts
from runs.stats.incidents import incidents
from runs.stats.pages import shown
from runs.stats.time_ranges import Span, SpanFilter, until_now


@page("runs.view_run")
def overview(request: HttpRequest) -> HttpResponseBase:
    """The page, or its figures alone for htmx."""
    context, status = shown(SpanFilter(request.GET), partial(figures, request))
    return render_part(
        request,
        page="console/overview.html",
        fragment="console/_overview.html",
        context={"title": "Overview"} | context,
        status=status,
    )


def figures(request: HttpRequest, span: Span) -> dict[str, Any]:
    """Everything below the head."""
    zone = zone_of(request)
    frame = statistics.frame(span)
    current = live.live()
    return {
        "frame": frame,
        "charts": FrameCharts(frame, zone),
        "tiles": tiles(current, live.day()),
        "alerts": [*incident_alerts(request, zone), *map(lost_alert, current.lost)],
        "failing": [failing(one, frame) for one in frame.failing()],
        "workers": [worker_line(one) for one in current.workers],
        "troubles": troubles(),
        "empty": not frame.total() and not Run.objects.exists(),
        "queued": current.queued,
        "range_link": runs_link(frame.span),
    }


def incident_alerts(request: HttpRequest, zone: tzinfo) -> list[Alert]:
    """Of the last day, whatever range is shown."""
    day = statistics.frame(until_now("24h", now=timezone.now()))
    return [incident_alert(one, zone, request.user) for one in incidents(day)]
