"""The health of the environment, as the worker measures it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ops.engine import pulse
from ops.health import measurements
from ops.health.measurements import Reading
from ops.health.models import Health
from ops.health.tasks import measure_health
from runs.models import Run
from runs.states import State, is_state
from tests.factories import make_run

pytestmark = pytest.mark.django_db


def reading(name: str) -> Reading:
    return next(one for one in measurements.measure(now=timezone.now()) if one.name == name)


def test_a_quiet_engine_is_well() -> None:
    assert all(one.ok for one in measurements.measure(now=timezone.now()))
    assert reading("queue").summary == "No run is waiting."
    assert reading("stuck").summary == "No run is stuck."


def test_the_oldest_queued_run_is_late_after_a_quarter_of_an_hour() -> None:
    now = timezone.now()
    make_run(created_at=now - timedelta(minutes=14))
    assert reading("queue").ok
    make_run(created_at=now - timedelta(minutes=20))
    found = reading("queue")
    assert not found.ok
    assert found.summary.startswith("The oldest queued run has waited for 20 m 0")


def test_a_run_that_waits_for_its_backoff_waits_for_no_worker() -> None:
    now = timezone.now()
    make_run(created_at=now - timedelta(hours=2), run_after=now + timedelta(minutes=5))
    assert reading("queue").summary == "No run is waiting."
    make_run(created_at=now - timedelta(hours=2), run_after=now - timedelta(minutes=5))
    assert reading("queue").summary.startswith("The oldest queued run has waited for 5 m 0")


def test_stuck_runs_are_those_of_the_state_stuck() -> None:
    now = timezone.now()
    past, ahead = now - timedelta(minutes=7), now + timedelta(minutes=5)
    make_run(status="running", locked_until=past)
    make_run(status="running", locked_until=past, locked_by=None)
    make_run(status="running", locked_until=past, locked_by="console:hold")
    make_run(status="running", locked_until=ahead)
    make_run(status="running", locked_until=None)
    make_run(status="failed", locked_until=past)
    found = pulse.stuck(connection, now=now)
    assert found.count == Run.objects.filter(is_state(State.STUCK, now=now)).count() == 2
    assert reading("stuck").summary.startswith("2 stuck, the first for 7 m 0")


def test_counting_stuck_runs_stops_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "LIMIT", 2)
    for _ in range(4):
        make_run(status="running", locked_until=timezone.now() - timedelta(minutes=1))
    found = reading("stuck")
    assert found.data["count"] == 3
    assert found.summary.startswith("2+ stuck")


def test_a_missing_table_is_a_reading_not_a_crash() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE distributed_locks")
    found = reading("schema")
    assert not found.ok
    assert found.summary == "The table distributed_locks is missing."


@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_asked_says_so_and_the_rest_is_measured() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE function_runs RENAME TO no_runs")
    try:
        measure_health()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE no_runs RENAME TO function_runs")
    kept = {one.name: one for one in measurements.current()}
    assert kept["queue"].summary.startswith("Could not be measured:")
    assert not kept["stuck"].ok
    assert kept["worker"].ok


def test_the_task_keeps_every_reading_and_replaces_it_the_next_time() -> None:
    measure_health()
    Health.objects.update(measured_at=F("measured_at") - timedelta(seconds=30))
    first = {row.name: row.measured_at for row in Health.objects.all()}
    measure_health()
    second = {row.name: row.measured_at for row in Health.objects.all()}
    assert list(first) == list(second)
    assert set(first) == set(measurements.MEASURES)
    assert all(second[name] > first[name] for name in first)


def test_tasks_that_piled_up_while_no_worker_ran_measure_once() -> None:
    measure_health()
    first = set(Health.objects.values_list("measured_at", flat=True))
    measure_health()
    assert set(Health.objects.values_list("measured_at", flat=True)) == first


def test_readings_are_kept_in_one_statement() -> None:
    now = timezone.now()
    readings = measurements.measure(now=now)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        measurements.keep(readings, now=now)
    assert len([one for one in queries if "INSERT" in one["sql"]]) == 1


def test_what_was_never_measured_is_not_well() -> None:
    found = measurements.current()
    assert [one.name for one in found] == list(measurements.MEASURES)
    assert all(not one.ok and one.is_stale(timezone.now()) for one in found)
    assert found[0].summary.startswith("Never measured: is a Celery worker running")


def test_a_reading_is_stale_after_three_missed_measurements() -> None:
    measure_health()
    found = measurements.current()[0]
    assert found.measured_at is not None
    assert not found.is_stale(found.measured_at + timedelta(seconds=89))
    assert found.is_stale(found.measured_at + timedelta(seconds=91))
    assert found.age(found.measured_at + timedelta(seconds=40)) == timedelta(seconds=40)


@pytest.mark.parametrize(
    ("statement", "parameters", "index"),
    [(pulse.OLDEST_DUE, 1, "idx_runs_queue"), (pulse.STUCK, 2, "idx_runs_stale")],
)
def test_the_engines_own_indexes_answer(statement: str, parameters: int, index: str) -> None:
    for status in ("queued", "running", "completed") * 10:
        make_run(status=status)
    explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    now = pulse.key(connection, timezone.now())
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # With thirty rows every plan costs next to nothing: leave only the one that grows well.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute("ANALYZE function_runs")
        cursor.execute(f"{explain} {statement}", [now, 10][:parameters])
        assert index in str(cursor.fetchall())
