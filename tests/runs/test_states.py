"""The state of a run: one rule, in Python and in SQL, proven equal."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from ops.engine.statuses import HOLDER
from ops.engine.values import Timestamp
from runs.models import Run
from runs.states import State, Status, is_state, state_expression, state_of
from tests.engine.columns import store
from tests.factories import make_event, make_run

NOW = datetime(2026, 2, 22, 19, 32, 57, 123456, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LEASES = [
    None,
    NOW,
    NOW - MICROSECOND,
    NOW + MICROSECOND,
    NOW - timedelta(minutes=5),
    NOW + timedelta(minutes=5),
    datetime(9000, 1, 1, tzinfo=UTC),
    datetime(1970, 1, 1, tzinfo=UTC),
]
# Other programs' spellings: SQLite compares text, so must we.
SPELT = [
    "2026-02-22T19:32:57.123456789+00:00",
    "2026-02-22T19:32:57.123456+00:00",
    "2026-02-22T19:32:57.1234560+00:00",
    "2026-02-22T19:32:57Z",
    "2026-02-22 19:32:58",
    "2026-02-22T21:32:57+02:00",
    "infinity",
    "soon",
    "",
]
workers = st.none() | st.sampled_from([HOLDER, "worker-1", "", "console:hold ", "CONSOLE:HOLD"])
leases = st.sampled_from(LEASES) | st.integers(-300, 300).map(lambda s: NOW + timedelta(seconds=s / 7))
rows = st.tuples(st.sampled_from(Status.values), workers, leases, st.none() | st.sampled_from(SPELT))


def states_in_python() -> dict[str, str]:
    return {r.pk: state_of(r.status, r.locked_by, r.locked_until, now=NOW) for r in Run.objects.all()}


def states_in_sql() -> dict[str, str]:
    found = Run.objects.annotate(found=state_expression(now=NOW)).values_list("pk", "found")
    return dict(found)


def states_by_filter() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {pk: [] for pk in Run.objects.values_list("pk", flat=True)}
    for state in State.values:
        for pk in Run.objects.filter(is_state(state, now=NOW)).values_list("pk", flat=True):
            found[pk].append(state)
    return found


class OneRule(TestCase):
    """Any columns: Python, the SQL column and the SQL conditions say the same."""

    @settings(max_examples=60, deadline=None)
    @given(st.lists(rows, min_size=1, max_size=12))
    def test_python_and_sql_agree_and_the_states_part_all_rows(self, columns: list[Any]) -> None:
        event = make_event()
        for status, worker, lease, text in columns:
            run = make_run(status=status, event=event, locked_by=worker, locked_until=lease)
            if text is not None and connection.vendor == "sqlite":
                store(run, "locked_until", text)
        expected = states_in_python()
        assert len(expected) == len(columns)
        assert states_in_sql() == expected
        assert states_by_filter() == {pk: [state] for pk, state in expected.items()}


@pytest.mark.parametrize(
    ("status", "worker", "lease", "state"),
    [
        ("queued", None, None, "queued"),
        ("queued", "worker-1", NOW - MICROSECOND, "queued"),
        ("running", "worker-1", NOW + MICROSECOND, "running"),
        ("running", "worker-1", NOW, "running"),
        ("running", "worker-1", NOW - MICROSECOND, "stuck"),
        ("running", None, NOW - MICROSECOND, "stuck"),
        ("running", "worker-1", None, "running"),
        ("running", HOLDER, datetime(9000, 1, 1, tzinfo=UTC), "held"),
        ("running", HOLDER, NOW - MICROSECOND, "held"),
        ("completed", HOLDER, NOW - MICROSECOND, "completed"),
        ("failed", "worker-1", None, "failed"),
        ("cancelled", None, None, "cancelled"),
        ("a-new-one", None, None, "a-new-one"),
    ],
)
def test_the_rule(status: str, worker: str | None, lease: datetime | None, state: str) -> None:
    assert state_of(status, worker, lease, now=NOW) == state


def test_a_model_and_its_queries_ask_the_clock_alike(db: None) -> None:
    past, future = timezone.now() - timedelta(minutes=1), timezone.now() + timedelta(minutes=1)
    make_run(status="running", locked_until=past)
    make_run(status="running", locked_until=future)
    make_run(status="running", locked_by=HOLDER)
    make_run(status="failed")
    assert Counter(run.state for run in Run.objects.all()) == Counter(["stuck", "running", "held", "failed"])
    assert {run.pk: run.state for run in Run.objects.all()} == dict(
        Run.objects.with_state().values_list("pk", "derived_state")  # type: ignore[misc]  # with_state() adds it
    )
    assert [run.state for run in Run.objects.stuck()] == ["stuck"]
    assert [run.state for run in Run.objects.in_state("held")] == ["held"]


def test_open_means_that_a_worker_may_still_change_it() -> None:
    assert {state for state in State if state.is_open} == {"queued", "held", "running", "stuck"}
    assert Status.open() == {"queued", "running"}


def test_every_engine_status_is_a_state() -> None:
    assert set(Status.values) < set(State.values)


@pytest.mark.sqlite
def test_a_lease_with_nanoseconds_is_judged_exactly(db: None) -> None:
    run = make_run(status="running")
    store(run, "locked_until", "2026-02-22T19:32:57.123456789+00:00")
    found = Run.objects.get().locked_until
    assert not Timestamp.is_before(found, NOW)
    assert Timestamp.is_before(found, NOW + MICROSECOND)
