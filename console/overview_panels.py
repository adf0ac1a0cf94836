"""The overview's alerts and tables, each line with the list that explains it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import partial
from typing import Any

from django.utils import timezone

from ops.display.charts import Chart, sparkline
from ops.display.formatting import duration_text
from ops.display.timezones import zone_name
from ops.health import measurements
from ops.lists.pagination import capped_count
from ops.platform.caching import kept
from runs.headline import brief
from runs.links import runs_link
from runs.models import Run
from runs.states import State
from runs.stats.incidents import Incident, common_error
from runs.stats.kpis import counted
from runs.stats.live import Worker
from runs.stats.statistics import AGE, Frame, FunctionFigures, thinned
from runs.views.job_offers import JobOffer, offers

ERROR_LENGTH = 120
ON_TILES = frozenset({"queue", "stuck"})  # said by the tiles


@dataclass(frozen=True)
class Alert:
    """What has to be known first: who, what, the list that shows it, and what can be done about it."""

    who: str
    text: str
    link: str
    error: str = ""
    look: str = "warn"
    when: str = ""
    jobs: Sequence[JobOffer] = ()


@dataclass(frozen=True)
class Failing:
    """One line of the functions that fail most."""

    figures: FunctionFigures
    trend: Chart
    link: str


@dataclass(frozen=True)
class WorkerLine:
    """One line of the workers; `link` is empty where no filter can name the worker."""

    worker: Worker
    link: str
    stuck_link: str


def incident_alert(incident: Incident, zone: tzinfo, user: Any) -> Alert:
    """`fails 38 % of its finished runs, created since 13:00 UTC (usually 2 %)`, `ongoing`."""
    begin, end = (clock(moment, zone) for moment in (incident.since, incident.until))
    when = f"from {begin} to {end}" if incident.is_over else f"since {begin}"
    usual = "nothing else had finished" if incident.usual is None else f"usually {incident.usual * 100:.0f} %"
    created = f"created {when} {zone_name(zone, incident.until)} ({usual})"
    share = f"{incident.rate * 100:.0f} % of its finished runs, {created}"
    failed = {"state": "failed", "function_id": incident.function_id}
    return Alert(
        incident.function_id,
        f"{'failed' if incident.is_over else 'fails'} {share}",
        runs_link((incident.since, incident.until), **failed),
        brief(kept_error(incident), ERROR_LENGTH),
        "bad",
        f"ended {end}" if incident.is_over else "ongoing",
        incident_jobs(incident, user),
    )


def incident_jobs(incident: Incident, user: Any) -> list[JobOffer]:
    """Replay what failed, cancel what waits to fail, as far as the person may."""
    queued = queued_runs(incident.function_id)
    span, name = (incident.since, incident.until), incident.function_id
    return offers(
        user,
        JobOffer.of(
            "runs.replay", f"Replay {incident.failed:,} failed", span, state="failed", function_id=name
        ),
        JobOffer.of("runs.cancel", f"Cancel {counted(queued)} queued", state="queued", function_id=name)
        if queued and not incident.is_over
        else None,
    )


def queued_runs(function_id: str) -> int:
    """How many of its runs wait, counted up to 10,000. Index console_runs_function_status_id."""
    waiting = Run.objects.filter(function_id=function_id).in_state(State.QUEUED)
    return kept("queued", function_id, read=lambda: capped_count([waiting]), seconds=AGE)


def clock(moment: datetime, zone: tzinfo) -> str:
    """`09:00` on the viewer's clock."""
    return f"{moment.astimezone(zone):%H:%M}"


def kept_error(incident: Incident) -> str:
    """The incident's most frequent error, asked as seldom as the figures."""
    read = partial(common_error, incident)
    return kept("error", incident.function_id, incident.since, incident.until, read=read, seconds=AGE)


def lost_alert(worker: Worker) -> Alert:
    """`holds 12 stuck runs; its last lease ran out 14 m ago`."""
    runs = "1 stuck run" if worker.stuck == 1 else f"{worker.stuck:,} stuck runs"
    text = f"holds {runs}" + ("" if worker.stuck < worker.runs else lease_words(worker.leased_until))
    return Alert(worker.name or "A worker without a name", text, runs_link(worker=worker.name, state="stuck"))


def lease_words(until: datetime | None) -> str:
    """Since when nothing has been heard: a worker that lives renews its leases."""
    if until is None:
        return ""
    return f"; its last lease ran out {duration_text(round((timezone.now() - until).total_seconds()))} ago"


def failing(one: FunctionFigures, frame: Frame) -> Failing:
    """The function's line."""
    label = f"Failed runs of {one.function_id} over time"
    trend = sparkline(thinned(one.failures), label=label, kind="failed")
    return Failing(one, trend, runs_link(frame.span, state="failed", function_id=one.function_id))


def worker_line(worker: Worker) -> WorkerLine:
    """The worker with its lists."""
    return WorkerLine(worker, runs_link(worker=worker.name), runs_link(worker=worker.name, state="stuck"))


def troubles() -> list[str]:
    """What is wrong with the environment besides what the tiles show, a sentence each."""
    now = timezone.now()
    readings = measurements.current()
    if all(one.is_stale(now) for one in readings):
        return [readings[-1].summary if readings[-1].measured_at is None else stale_words(readings[-1], now)]
    return [one.summary for one in readings if not one.ok and one.name not in ON_TILES]


def stale_words(reading: measurements.Reading, now: datetime) -> str:
    """The console's own worker is silent."""
    age = duration_text(round((reading.age(now) or now - now).total_seconds()))
    return f"The environment was last measured {age} ago: is a Celery worker running, and its schedule?"
