"""Counts of this moment and of the last day, and the workers that running runs name."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from runs.stats import live, statistics
from tests.factories import make_run

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    cache.clear()


def test_live_states_are_counted_as_a_person_sees_them() -> None:
    make_run(status="queued")
    make_run(status="running")
    make_run(status="running")
    make_run(status="running", locked_until=timezone.now() - HOUR)
    make_run(status="running", locked_by="console:hold")
    make_run(status="completed")
    found = live.read_live()
    assert (found.queued, found.running, found.stuck, found.held) == (1, 2, 1, 1)


def test_the_oldest_waiting_run_is_one_that_a_worker_could_lease() -> None:
    now = timezone.now()
    make_run("not due", created_at=now - 5 * HOUR, run_after=now + HOUR)
    make_run("due", created_at=now - 3 * HOUR, run_after=now - HOUR)
    make_run("younger", created_at=now - 2 * HOUR)
    oldest = live.read_live().oldest
    assert oldest is not None
    assert (oldest.function_id, oldest.since) == ("due", now - HOUR)


def test_without_queued_runs_nothing_waits() -> None:
    make_run(status="completed")
    assert live.read_live().oldest is None


def test_workers_are_those_of_running_runs_and_the_lost_come_first() -> None:
    now = timezone.now()
    for _ in range(3):
        make_run(status="running", locked_by="busy", locked_until=now + HOUR)
    make_run(status="running", locked_by="lost", locked_until=now - 2 * HOUR)
    make_run(status="running", locked_by="lost", locked_until=now - HOUR)
    make_run(status="running", locked_by=None, locked_until=None)
    make_run(status="running", locked_by="console:hold")
    make_run(status="completed", locked_by="gone")
    found = live.read_live()
    assert [(one.name, one.runs, one.stuck, one.state) for one in found.workers] == [
        ("lost", 2, 2, "stuck"),
        ("busy", 3, 0, "running"),
        ("", 1, 0, "running"),
    ]
    assert [(one.name, one.leased_until) for one in found.lost] == [("lost", now - HOUR)]


def test_the_last_day_is_compared_with_the_day_before() -> None:
    now = timezone.now()
    for hours, status in ((1, "failed"), (23, "failed"), (25, "failed"), (50, "failed"), (2, "completed")):
        make_run(status=status, created_at=now - hours * HOUR)
    found = live.read_day()
    assert (found.failed, found.failed_before, found.completed) == (2, 1, 1)
    assert found.success == 1 / 3


def test_a_day_with_too_many_runs_is_counted_by_index_and_claims_no_rate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(statistics, "BUDGET", {"postgresql": 2, "sqlite": 2})
    now = timezone.now()
    for hours in (1, 2, 13, 14):
        make_run(status="failed", created_at=now - hours * HOUR)
    make_run(status="completed", created_at=now - 3 * HOUR)
    found = live.read_day()
    assert (found.failed, found.completed, found.is_exact, found.success) == (4, 1, False, None)


def test_an_idle_day_has_no_rate() -> None:
    assert live.read_day().success is None


def test_figures_are_kept_for_a_few_seconds() -> None:
    make_run()
    assert live.live().queued == 1
    make_run()
    with CaptureQueriesContext(connection) as queries:
        assert live.live().queued == 1
    assert len(queries) == 0
