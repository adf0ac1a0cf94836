"""What the demo tells: failures that agree with their steps, and a present that goes on as the past was."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from django.db import connection

from ops.engine.ddl import empty_engine_tables
from ops.engine.simulator.formats import SECOND
from ops.engine.simulator.live import Live
from ops.engine.simulator.seeding import seed
from ops.engine.simulator.shop import BY_ID
from runs.models import Run
from runs.stats.incidents import Incident, incidents
from runs.stats.statistics import read_frame
from runs.stats.time_ranges import until_now
from tests.engine.test_live import Clock

NOW = datetime(2026, 11, 19, 15, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
NO_HANDLER = "legacy-export"


class Days:
    """A past of two days, and a present that the test lets pass."""

    def __init__(self, *, number: int = 1, runs: int = 6_000) -> None:
        self.begin, self.clock = NOW, Clock()
        at = int(NOW.timestamp()) * SECOND
        seed(connection, runs=runs, days=2, seed=number, now=at)
        random = Random(number)  # noqa: S311 - reproducible on purpose
        self.live = Live(connection, workers=4, random=random, clock=self.clock)
        self.live.server.clock = lambda: at + int(self.clock.now * SECOND)
        self.live.begin()

    @property
    def now(self) -> datetime:
        """The simulated moment."""
        return self.begin + timedelta(seconds=self.clock.now)

    def pass_by(self, length: timedelta) -> None:
        """Let time pass."""
        end = self.clock.now + length.total_seconds()
        while self.clock.now < end:
            self.clock.now += self.live.agenda.go_on()

    def every(self, step: timedelta, length: timedelta) -> Iterator[datetime]:
        """Let time pass and look up every now and then."""
        end = self.now + length
        while self.now < end:
            self.pass_by(step)
            yield self.now


def created(begin: datetime, end: datetime, **conditions: str) -> int:
    return Run.objects.filter(created_at__gte=begin, created_at__lt=end, **conditions).count()


def alerts(now: datetime) -> list[Incident]:
    """What the overview says at the moment."""
    frame = read_frame(until_now("24h", now=now))
    return incidents(replace(frame, measured_at=frame.span.end))


@pytest.mark.sqlite  # four hours of polling take ten times as long on PostgreSQL, and nothing differs
def test_a_person_who_stays_sees_alerts_come_and_go_at_the_pace_of_the_past(db: None) -> None:
    days, stay = Days(), 4 * HOUR
    seen, ended, gone = set(), set(), set()
    for now in days.every(timedelta(minutes=8), stay):
        told = {(one.function_id, one.is_over) for one in alerts(now)}
        seen |= {name for name, is_over in told if not is_over}
        ended |= {name for name, is_over in told if is_over} & seen
        gone |= ended - {name for name, _ in told}
    assert len(seen) >= 2
    assert ended
    assert gone
    yesterday = NOW - 24 * HOUR
    assert 0.75 < created(NOW, NOW + stay) / created(yesterday, yesterday + stay) < 1.5
    past = created(NOW - 3 * HOUR, NOW - HOUR, status="failed")
    present = (created(NOW + hours * HOUR, NOW + (hours + 2) * HOUR, status="failed") for hours in (0, 2))
    assert past > max(present)


def test_every_failure_agrees_with_its_steps(db: None) -> None:
    days = Days(runs=3_000)
    days.pass_by(HOUR)
    failed = Run.objects.filter(status="failed").exclude(function_id=NO_HANDLER)
    assert failed.filter(created_at__gte=NOW).count() > 5
    assert failed.filter(created_at__lt=NOW).count() > 50
    for run in failed.prefetch_related("steps"):
        assert_agrees(run)
    timed_out = failed.filter(error__contains="(read timeout=10)", created_at__lt=NOW)
    assert timed_out.exists()
    assert all((run.ran or timedelta(0)) >= timedelta(seconds=10) for run in timed_out)


def assert_agrees(run: Run) -> None:
    """The step that the error comes from isn't done, all before it are, none after it has begun."""
    plan = BY_ID[run.function_id].steps
    status = {step.step_id: step.status for step in run.steps.all()}
    names = [step.id for step in plan]
    broken = [step.id for step in plan if run.error in {fault.text for fault in step.faults}]
    assert broken, (run.function_id, run.error)
    if BY_ID[run.function_id].embedded:
        (place,) = (names.index(name) for name, word in status.items() if word == "failed")
        assert names[place] in broken
        assert run.steps.get(step_id=names[place]).error == run.error
        assert status == dict.fromkeys(names[:place], "completed") | {names[place]: "failed"}
    elif connection.vendor == "sqlite":
        assert list(status) == names[: len(status)]
        assert names[len(status)] in broken


def test_the_same_seed_tells_the_same_story(db: None) -> None:
    told = []
    for _ in range(2):
        empty_engine_tables(connection)
        days = Days(number=7, runs=300)
        days.pass_by(HOUR / 6)
        rows = Run.objects.order_by("id").values_list("id", "function_id", "status", "error", "created_at")
        told.append(list(rows))
    assert told[0] == told[1]
