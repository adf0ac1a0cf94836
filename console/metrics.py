"""The console's figures in the names and units of Prometheus (https://prometheus.io/docs/practices/naming/)."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Sum
from django.utils import timezone
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector as BaseCollector

from console import __version__
from ops.audit.models import AuditHead
from ops.engine import extensions, pulse, schema
from ops.health import measurements
from ops.jobs.models import Job
from ops.platform.caching import kept
from runs.models import Run
from runs.states import State, Status, state_expression

ENDED_SECONDS = 60
OUTCOMES = ("done", "skipped", "failed")


class Collector(BaseCollector):
    """Asks the database at every scrape, at any size without reading a row of it."""

    def collect(self) -> Iterator[Metric]:
        """Every figure."""
        yield from infos()
        yield runs_by_state()
        yield oldest_queued()
        yield from health_readings()
        yield extension_states()
        yield from jobs()
        yield audit_entries()

    def describe(self) -> list[Metric]:
        """Nothing at registration: that would ask the database once more."""
        return []


def gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    """A single value."""
    return GaugeMetricFamily(name, text, value=value)


def infos() -> Iterator[Metric]:
    """What is watched, and by what."""
    family = InfoMetricFamily("choreo_console", "The environment and the engine that this console shows.")
    engine = schema.recent().engine
    family.add_metric([], {"environment": settings.ENVIRONMENT, "engine": engine})
    build = InfoMetricFamily("choreo_console_build", "The version of the console.")
    build.add_metric([], {"version": __version__})
    yield from (family, build)


def runs_by_state() -> Metric:
    """All runs in each state: open ones from small partial indexes, ended ones from the one on status."""
    family = GaugeMetricFamily(
        "choreo_runs",
        "Runs in this state. Open ones are counted at each scrape, ended ones at most once a minute; exact.",
        labels=["state"],
    )
    ended = kept("runs by status", read=read_statuses, seconds=ENDED_SECONDS)
    counts = {state.value: ended.get(state.value, 0) for state in State} | read_open()
    for state, count in counts.items():
        family.add_metric([state], count)
    return family


def read_statuses() -> dict[str, int]:
    """Status → runs. Index idx_runs_status: 10 million runs in about a second."""
    return dict(Run.objects.order_by().values_list("status").annotate(runs=Count("*")))


def read_open() -> dict[str, int]:
    """Open state → runs. Indexes idx_runs_queue and idx_runs_stale."""
    running = Run.objects.filter(status=Status.RUNNING).annotate(shown=state_expression(now=timezone.now()))
    found = dict(running.order_by().values_list("shown").annotate(runs=Count("*")))
    queued = {State.QUEUED.value: Run.objects.in_state(State.QUEUED).count()}
    return {state.value: found.get(state.value, 0) for state in State if state.is_open} | queued


def jobs() -> Iterator[Metric]:
    """How many jobs there are, and what became of their items: each job counts its own."""
    states = GaugeMetricFamily("choreo_console_jobs", "Jobs in this state.", labels=["state"])
    items = CounterMetricFamily(
        "choreo_console_job_items",
        "Items of jobs with this outcome, of all jobs ever; its rate is what jobs get done.",
        labels=["verb", "outcome"],
    )
    counts, outcomes = Counter[str](), Counter[tuple[str, str]]()
    rows: Any = Job.objects.order_by().values_list("verb", "state").annotate(Count("pk"), *map(Sum, OUTCOMES))
    for verb, state, count, *sums in rows:
        counts[state] += count
        outcomes.update({(verb, outcome): done for outcome, done in zip(OUTCOMES, sums, strict=True)})
    for state in Job.State.values:
        states.add_metric([state], counts[state])
    for labels, count in sorted(outcomes.items()):
        items.add_metric(labels, count)
    yield from (states, items)


def oldest_queued() -> Metric:
    """The waiting time that an alert is made of."""
    now = timezone.now()
    since = pulse.oldest_due(connection, now=now)
    seconds = 0.0 if since is None else max(0.0, (now - since).total_seconds())
    return gauge(
        "choreo_oldest_queued_seconds", "How long the oldest run that could be leased has waited.", seconds
    )


def health_readings() -> Iterator[Metric]:
    """What the worker measured, and how long ago: an old age is a dead worker."""
    ok = GaugeMetricFamily("choreo_console_health", "1 when well, as last measured.", labels=["name"])
    age = GaugeMetricFamily(
        "choreo_console_health_age_seconds", "Since the last measurement.", labels=["name"]
    )
    now = timezone.now()
    for reading in measurements.current():
        ok.add_metric([reading.name], float(reading.ok))
        measured = reading.age(now)
        age.add_metric([reading.name], float("inf") if measured is None else measured.total_seconds())
    yield from (ok, age)


def extension_states() -> Metric:
    """Which extensions the console may rely on."""
    family = GaugeMetricFamily(
        "choreo_console_extension", "1 for the state that the extension is in.", labels=["name", "state"]
    )
    for found in extensions.status(connection):
        family.add_metric([found.extension.name, found.state], 1)
    return family


def audit_entries() -> Metric:
    """The length of the audit log."""
    head = AuditHead.objects.filter(pk=1).first()
    return CounterMetricFamily(
        "choreo_console_audit_entries", "Entries in the audit log.", value=head.number if head else 0
    )
