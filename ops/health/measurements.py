"""The health of the environment: measured by the worker, kept in the database, read by pages and probes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from socket import gethostname
from typing import Any

from django.db import DatabaseError, connection
from django.db.models import Max
from django.utils import timezone

from ops.display.formatting import capped_text, duration_text
from ops.engine import extensions, pulse, schema
from ops.engine.extensions import State
from ops.health import broker
from ops.health.models import Health

STALE_AFTER = timedelta(seconds=90)  # three measurements missed
FRESH_FOR = timedelta(seconds=10)
SEEN_FOR = timedelta(minutes=10)
LATE_AFTER = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One measured thing: whether it is well, a sentence for people, figures for machines."""

    name: str
    ok: bool
    summary: str
    data: Mapping[str, Any] = field(default_factory=dict)
    measured_at: datetime | None = None

    def age(self, now: datetime) -> timedelta | None:
        """Since when it hasn't been measured again; None if it never was."""
        return None if self.measured_at is None else now - self.measured_at

    def is_stale(self, now: datetime) -> bool:
        """True when the value says nothing of the present."""
        age = self.age(now)
        return age is None or age > STALE_AFTER


def measure(*, now: datetime) -> list[Reading]:
    """Ask everything; what can't be asked is a reading that says so."""
    return [measured(name, ask, now) for name, ask in MEASURES.items()]


def measured(name: str, ask: Callable[[datetime], Reading], now: datetime) -> Reading:
    """One reading, also when the question itself fails."""
    try:
        return ask(now)
    except DatabaseError as error:
        summary = f"Could not be measured: {str(error).strip().partition(chr(10))[0]}"
        return Reading(name=name, ok=False, summary=summary[:500])


def keep(readings: list[Reading], *, now: datetime) -> None:
    """Replace the kept values, in one short statement."""
    Health.objects.bulk_create(
        [
            Health(name=one.name, ok=one.ok, summary=one.summary, data=dict(one.data), measured_at=now)
            for one in readings
        ],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["ok", "summary", "data", "measured_at"],
    )


def current() -> list[Reading]:
    """The kept readings in the order of measuring; one that was never taken is not ok."""
    kept = {row.name: row for row in Health.objects.all()}
    return [reading_of(name, kept.get(name)) for name in MEASURES]


def has_worker() -> bool:
    """Whether a worker measured anything lately."""
    return not reading_of("worker", Health.objects.filter(name="worker").first()).is_stale(timezone.now())


def is_fresh() -> bool:
    """Whether all was measured a moment ago, by the schedule or by a worker that began."""
    measured = Health.objects.aggregate(last=Max("measured_at"))["last"]
    return measured is not None and timedelta() <= timezone.now() - measured < FRESH_FOR


def reading_of(name: str, row: Health | None) -> Reading:
    """The reading kept in a row."""
    if row is None:
        summary = "Never measured: is a Celery worker running, and its schedule (celery beat)?"
        return Reading(name=name, ok=False, summary=summary)
    return Reading(name=name, ok=row.ok, summary=row.summary, data=row.data, measured_at=row.measured_at)


def measure_schema(now: datetime) -> Reading:
    """Whether the engine's tables are what this console knows."""
    report = schema.check(connection)
    known = f"The engine's tables are known (engine {report.engine})."
    summary = " ".join(report.faults or (known, *report.lacking.values()))
    data = {"migration": report.migration, "faults": list(report.sentences)}
    return Reading(name="schema", ok=report.ok, summary=summary[:500], data=data)


def measure_extensions(now: datetime) -> Reading:
    """Whether the installed extensions work; not to install one is a choice, not a fault."""
    states = {one.extension.name: one.state for one in extensions.status(connection)}
    ok = not set(states.values()) & {State.OUTDATED, State.BROKEN}
    summary = ", ".join(f"{name}: {state}" for name, state in states.items())
    return Reading(name="extensions", ok=ok, summary=summary, data=states)


def measure_queue(now: datetime) -> Reading:
    """How long the oldest run that could be leased has been waiting."""
    since = pulse.oldest_due(connection, now=now)
    if since is None:
        return Reading(name="queue", ok=True, summary="No run is waiting.", data={"waiting_seconds": 0})
    waiting = max(now - since, timedelta())
    summary = f"The oldest queued run has waited for {duration_text(waiting)}."
    data = {"waiting_seconds": waiting.total_seconds(), "since": since.isoformat()}
    return Reading(name="queue", ok=waiting <= LATE_AFTER, summary=summary, data=data)


def measure_stuck(now: datetime) -> Reading:
    """How many runs no worker will finish by itself."""
    stuck = pulse.stuck(connection, now=now)
    if stuck.since is None:
        return Reading(name="stuck", ok=True, summary="No run is stuck.", data={"count": 0})
    count = capped_text(stuck.count, pulse.LIMIT)
    summary = f"{count} stuck, the first for {duration_text(now - stuck.since)}."
    data = {"count": stuck.count, "limit": pulse.LIMIT, "since": stuck.since.isoformat()}
    return Reading(name="stuck", ok=False, summary=summary, data=data)


def measure_broker(now: datetime) -> Reading:
    """Whether the worker reaches the broker."""
    ok = broker.reach()
    return Reading(
        name="broker", ok=ok, summary="The broker answers." if ok else "The broker can't be reached."
    )


def measure_worker(now: datetime) -> Reading:
    """That this was measured at all: a worker lives, and its schedule runs."""
    host = gethostname()
    data = {"host": host, "seen": seen_lately(now) | {host: now.isoformat()}}
    return Reading(name="worker", ok=True, summary=f"A worker on {host} measures.", data=data)


def seen_lately(now: datetime) -> dict[str, str]:
    """Host → when, of the workers that measured within the last minutes: each time another one may."""
    row = Health.objects.filter(name="worker").first()
    seen = row.data.get("seen", {}) if row else {}
    return {host: at for host, at in seen.items() if now - datetime.fromisoformat(at) < SEEN_FOR}


MEASURES: Mapping[str, Callable[[datetime], Reading]] = {
    "schema": measure_schema,
    "extensions": measure_extensions,
    "queue": measure_queue,
    "stuck": measure_stuck,
    "broker": measure_broker,
    "worker": measure_worker,
}


def measure_and_keep() -> list[Reading]:
    now = timezone.now()
    readings = measure(now=now)
    keep(readings, now=timezone.now())
    return readings
