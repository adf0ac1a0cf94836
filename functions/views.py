"""What the page of one function shows."""

from functools import partial
from typing import Any

from django.http import Http404, HttpRequest

from functions.addresses import function_url
from functions.charts import failure_rate
from functions.health import counts_now
from functions.models import Function
from functions.querysets import read
from functions.tiles import tiles
from ops.display.timezones import zone_of
from runs.links import runs_link
from runs.models import Run
from runs.ordering import run_order
from runs.states import State
from runs.stats import statistics
from runs.stats.charts import FrameCharts
from runs.stats.error_kinds import common_errors
from runs.stats.last_runs import last_runs
from runs.stats.pages import shown
from runs.stats.statistics import Frame
from runs.stats.time_ranges import Span, SpanFilter
from runs.views.job_offers import JobOffer, offers
from runs.views.rows import rows_of

RECENT = 10


def found_function(name: str) -> Function:
    """The function, also one that only occurs in runs; 404 if there is neither."""
    if "\x00" in name:
        raise Http404("There is no function at this address.")
    found = Function.objects.filter(pk=name).first()
    if found is None and not Run.objects.filter(function_id=name).exists():
        raise Http404("There is no function with this id, and no run of one.")
    return found or Function(pk=name)


def detail_of(request: HttpRequest, row: Function) -> dict[str, Any]:
    """Its definition, if it is registered, and its figures."""
    name, is_registered = row.pk, not row._state.adding
    about = {
        "title": name or "no name",
        "name": name,
        "address": function_url(name),
        "registered": read(row) if is_registered else None,
        "definition": row.definition if is_registered else None,
        "more": f"{function_url(name)}?part=definition",
    }
    context, status = shown(SpanFilter(request.GET), partial(figures, request, name))
    return about | context | {"status": status}


def figures(request: HttpRequest, name: str, span: Span) -> dict[str, Any]:
    """What became of its runs, and what is going on."""
    frame = statistics.frame(span, function_id=name)
    charts = FrameCharts(frame, zone_of(request), name)
    recent = Run.objects.filter(function_id=name).for_list().order_by(*run_order().by())
    newest = last_runs([name]).get(name)
    failed = failures(request, name, frame) if frame.total(State.FAILED) else {}
    shown_above = {row.run.pk for row in failed.get("failed", ())}
    return failed | {
        "charts": charts,
        "rate": failure_rate(charts),
        "tiles": tiles(name, frame, charts.length, counts_now(name), newest),
        "recent": rows_of([run for run in recent[: 2 * RECENT] if run.pk not in shown_above][:RECENT]),
        "all_link": runs_link(function_id=name),
    }


def failures(request: HttpRequest, name: str, frame: Frame) -> dict[str, Any]:
    """Its failed runs of the frame, and what most of them say."""
    span, count = (frame.span.start, frame.span.end), frame.total(State.FAILED)
    failed = Run.objects.filter(function_id=name).in_state(State.FAILED).created_between(*span)
    replay = JobOffer.of(
        "runs.replay", f"Replay {count:,} failed", frame.span, state="failed", function_id=name
    )
    return {
        "failed": rows_of(failed.for_list().order_by(*run_order().by())[:RECENT]),
        "failed_count": count,
        "failed_link": runs_link(frame.span, function_id=name, state="failed"),
        "errors": common_errors(failed),
        "jobs": offers(request.user, replay),
    }
