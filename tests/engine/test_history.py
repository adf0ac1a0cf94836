"""The invented past: believable, reproducible, and in the engine's own formats."""

import hashlib
import re
import uuid
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.db.models import F

from events.models import Event
from functions.models import Function
from ops.engine.ddl import NotOurs, empty_engine_tables
from ops.engine.simulator.book import Book
from ops.engine.simulator.formats import SECOND
from ops.engine.simulator.history import History
from ops.engine.simulator.loading import Loader, PipelinedLoader, without_indexes
from ops.engine.simulator.scenes import DEAD_WORKER
from ops.engine.simulator.seeding import NotEmpty, seed
from ops.engine.simulator.shop import BY_ID
from runs.models import Run, Step
from runs.states import is_state

NOW = datetime(2026, 11, 19, 15, 30, tzinfo=UTC)
AT = int(NOW.timestamp()) * SECOND + 123_456_789
RUNS = 3_000
TABLES = ("events", "function_runs", "step_runs", "functions")
NINE_DIGITS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.(\d{3}|\d{6}|\d{9}))?\+00:00")
SHORT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
TIMES = {
    "events": ("timestamp",),
    "function_runs": ("created_at", "started_at", "ended_at", "locked_until", "run_after"),
    "step_runs": ("started_at", "ended_at"),
    "functions": ("created_at", "updated_at"),
}


@pytest.fixture
def past(db: None) -> None:
    seed(connection, runs=RUNS, days=14, now=AT)


def rows(question: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return list(cursor.fetchall())


def fingerprint() -> str:
    found = [rows(f"SELECT * FROM {table} ORDER BY id") for table in TABLES]  # noqa: S608 - constants
    return hashlib.sha256(repr(found).encode()).hexdigest()


def test_exactly_as_many_runs_as_asked_for(past: None) -> None:
    assert Run.objects.count() == RUNS


@pytest.mark.parametrize("few", [1, 7, 60, 250])
def test_few_runs_are_possible(db: None, few: int) -> None:
    assert seed(connection, runs=few, days=1, now=AT) == few
    assert Run.objects.count() == few


def test_the_same_seed_makes_the_same_rows_and_another_seed_others(db: None) -> None:
    found = []
    for number in (1, 1, 2):
        empty_engine_tables(connection)
        seed(connection, runs=400, days=3, seed=number, now=AT)
        found.append(fingerprint())
    assert found[0] == found[1] != found[2]


def test_ids_hold_the_moment_of_creation(past: None) -> None:
    for key, created in Run.objects.values_list("id", "created_at"):
        milliseconds = uuid.UUID(key).int >> 80
        assert uuid.UUID(key).version == 7
        assert abs(milliseconds - created.timestamp() * 1000) <= 1


def test_ids_and_moments_have_the_same_order(past: None) -> None:
    by_id = list(Run.objects.order_by("id").values_list("created_at", flat=True))
    assert by_id == sorted(by_id)


@pytest.mark.sqlite
def test_times_are_spelled_as_the_engine_spells_them(past: None) -> None:
    for table, columns in TIMES.items():
        for column in columns:
            found = rows(f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL")  # noqa: S608
            assert all(NINE_DIGITS.fullmatch(value) for (value,) in found), (table, column)
    assert all(SHORT.fullmatch(value) for (value,) in rows("SELECT created_at FROM events"))


@pytest.mark.sqlite
def test_steps_have_the_ids_and_times_of_the_workers_that_saved_them(past: None) -> None:
    question = "SELECT function_id, s.id, s.created_at FROM step_runs s JOIN function_runs r ON r.id = run_id"
    for function_id, step_id, created in rows(question):
        if BY_ID[function_id].embedded:
            assert uuid.UUID(step_id).version == 7
            assert NINE_DIGITS.fullmatch(created)
        else:
            assert re.fullmatch(r"[0-9a-f]{32}", step_id)
            assert SHORT.fullmatch(created)


def test_steps_of_the_sdk_have_no_duration_and_are_not_kept_on_postgresql(past: None) -> None:
    embedded = [one.id for one in BY_ID.values() if one.embedded]
    of_the_sdk = Step.objects.exclude(run__function_id__in=embedded)
    assert of_the_sdk.exists() == (connection.vendor == "sqlite")
    assert not of_the_sdk.exclude(started_at=F("ended_at")).exists()


def test_steps_of_embedded_workers_have_durations_and_show_what_failed(past: None) -> None:
    steps = Step.objects.filter(run__function_id="resize-images")
    assert steps.filter(status="completed", ended_at__gt=F("started_at")).count() > 100
    failed = Step.objects.filter(status="failed", run__status="failed")
    assert failed.exists()
    assert not failed.filter(error__isnull=True).exists()
    assert not Step.objects.filter(run__status="completed").exclude(status="completed").exists()


def test_each_run_is_whole(past: None) -> None:
    for run in Run.objects.select_related("event"):
        assert run.event is not None
        assert run.created_at >= run.event.timestamp
        assert run.input == run.event.data
        assert (run.started_at is None) == (run.attempt == 0)
        assert run.attempt <= run.max_attempts
        assert run.started_at is None or run.started_at >= run.created_at
        assert (run.ended_at is not None) == (run.status in {"completed", "failed", "cancelled"})
        assert (run.output is not None) == (run.status == "completed")
        assert (run.locked_by is not None) == (run.status == "running")
        assert run.status != "failed" or run.error


def test_nothing_but_a_retry_lies_in_the_future(past: None) -> None:
    later = NOW + timedelta(seconds=1)
    assert not Event.objects.filter(timestamp__gt=later).exists()
    for column in ("created_at", "started_at", "ended_at"):
        assert not Run.objects.filter(**{f"{column}__gt": later}).exists(), column


def test_an_outage_shows_in_the_last_hours(past: None) -> None:
    failed = Run.objects.filter(status="failed", function_id="sync-crm")
    recent = failed.filter(created_at__gte=NOW - timedelta(hours=6))
    assert recent.count() >= 20
    assert recent.count() > failed.count() / 14  # more than in a usual day
    error = str(recent.filter(error__contains="ReadTimeout").values_list("error", flat=True)[0])
    assert "Traceback (most recent call last):\n" in error


def test_a_worker_died_with_twelve_runs_in_its_hands(past: None) -> None:
    stuck = Run.objects.filter(is_state("stuck", now=NOW))
    assert stuck.filter(locked_by=DEAD_WORKER).count() == stuck.count() == 12
    assert Step.objects.filter(run__in=stuck, status="running", ended_at__isnull=True).count() == 12


def test_a_backlog_waits_and_some_of_it_for_a_second_attempt(past: None) -> None:
    waiting = Run.objects.filter(status="queued", function_id="resize-images")
    assert waiting.filter(attempt=0, started_at__isnull=True).count() >= 100
    retries = waiting.filter(attempt=1, error__isnull=False, run_after__gt=NOW)
    assert retries.count() >= 10


def test_runs_of_a_function_that_is_not_registered(past: None) -> None:
    lost = Run.objects.exclude(function_id__in=Function.objects.values("id"))
    assert set(lost.values_list("function_id", "status")) == {
        ("legacy-export", "failed"),
        ("legacy-export", "queued"),
    }


def test_there_is_something_of_everything(past: None) -> None:
    assert Run.objects.filter(status="cancelled", attempt=0).exists()
    assert Run.objects.filter(status="cancelled", attempt=1).exists()
    assert Run.objects.filter(status="completed", error__isnull=False, attempt__gt=1).exists()
    assert Event.objects.filter(runs__isnull=True).exists()
    assert Event.objects.exclude(idempotency_key__isnull=True).exists()
    shared = rows("SELECT count(*) FROM function_runs GROUP BY event_id HAVING count(*) > 1")
    assert len(shared) > 100
    assert not Run.objects.filter(is_state("held", now=NOW)).exists()
    assert Run.objects.values("function_id").distinct().count() == len(BY_ID)


def test_nights_are_quiet(db: None) -> None:
    seed(connection, runs=RUNS, days=7, now=AT)
    hours = [created.hour for created in Run.objects.values_list("created_at", flat=True)]
    night = sum(1 for hour in hours if 0 <= hour < 5)
    assert night * 3 < sum(1 for hour in hours if 8 <= hour < 13)


def test_lean_payloads_are_tiny(db: None) -> None:
    seed(connection, runs=500, days=2, now=AT, lean=True)
    assert Run.objects.count() == 500
    assert max(run.input.size for run in Run.objects.all()) < 20


def test_a_past_is_not_added_to_runs_that_are_there(past: None) -> None:
    with pytest.raises(NotEmpty):
        seed(connection, runs=10, days=1, now=AT)


def test_a_database_that_the_simulator_did_not_make_is_left_alone(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE console_simulator")
    with pytest.raises(NotOurs):
        seed(connection, runs=10, days=1, now=AT)
    assert not Event.objects.exists()
    assert not Function.objects.exists()


def test_indexes_are_the_same_after_they_were_built_afterwards(transactional_db: None) -> None:
    catalogue = {
        # A table that was renamed and renamed back has quotes around its name.
        "sqlite": "SELECT name, replace(sql, '\"', '') FROM sqlite_master WHERE type = 'index' ORDER BY name",
        "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
    }[connection.vendor]
    before = rows(catalogue)
    with without_indexes(connection):
        assert len(rows(catalogue)) < len(before)
    assert rows(catalogue) == before


def written_by(loader: Loader) -> str:
    """What a past looks like that the loader has written."""
    empty_engine_tables(connection)
    random = Random(1)  # noqa: S311 - reproducible on purpose
    book = Book(loader, random, lean=False)
    History(book, random, AT).ordinary_days(2, 300, lambda _: None)
    book.close()
    return fingerprint()


@pytest.mark.postgresql
def test_the_pipelined_loader_writes_the_same_rows(transactional_db: None) -> None:
    expected = written_by(Loader(connection))
    assert written_by(PipelinedLoader(connection)) == expected
    assert Run.objects.count() == 300
