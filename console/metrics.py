"""The console's figures in the names and units of Prometheus (https://prometheus.io/docs/practices/naming/)."""

from collections.abc import Iterator

from django.conf import settings
from django.db import connection
from django.utils import timezone
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector as BaseCollector

from ops.audit.models import AuditHead
from ops.engine import extensions, pulse, schema
from ops.health import measurements
from ops.lists.pagination import COUNT_CAP, capped_count
from runs.models import Run
from runs.states import State


class Collector(BaseCollector):
    """Asks the database at every scrape; counts stop at `choreo_runs_limit`."""

    def collect(self) -> Iterator[Metric]:
        """Every figure."""
        yield info()
        yield runs_by_state()
        yield gauge("choreo_runs_limit", "Where counting choreo_runs stops.", COUNT_CAP)
        yield oldest_queued()
        yield from health_readings()
        yield extension_states()
        yield audit_entries()

    def describe(self) -> list[Metric]:
        """Nothing at registration: that would ask the database once more."""
        return []


def gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    """A single value."""
    return GaugeMetricFamily(name, text, value=value)


def info() -> Metric:
    """What is watched."""
    family = InfoMetricFamily("choreo_console", "The environment and the engine that this console shows.")
    engine = schema.recent().engine
    family.add_metric(
        [], {"environment": settings.ENVIRONMENT, "engine": engine, "version": settings.VERSION}
    )
    return family


def runs_by_state() -> Metric:
    """Runs in each state, counted to the limit."""
    family = GaugeMetricFamily(
        "choreo_runs", "Runs in this state; limit + 1 means more than the limit.", labels=["state"]
    )
    for state in State:
        family.add_metric([state.value], capped_count([Run.objects.in_state(state)]))
    return family


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
