"""Every filter of runs finds exactly what a plain reading of all rows finds, page by page, both ways."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import QueryDict
from django.utils import timezone

from ops.engine import extensions
from ops.lists.pagination import Page, capped_count, paginate
from ops.platform.errors import InvalidInput
from runs.criteria import RunCriteria
from runs.filters import RunFilter
from runs.models import Run
from runs.ordering import run_order
from runs.states import State, Status
from tests.factories import make_event, make_run, new_id
from tests.wild import NAMES, make_wild_rows

pytestmark = pytest.mark.django_db

Predicate = Callable[[Run], bool]
EVENT = "01a1fb34-41fb-7db1-ad18-32da10bfcb0a"
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def fresh_cache() -> None:
    cache.clear()


@pytest.fixture
def runs() -> list[Run]:
    """Wild and tame rows: every status, several functions, workers, ages."""
    make_wild_rows()
    event = make_event(id=EVENT)
    for number in range(30):
        at = timezone.now() - number * HOUR
        status = Status.values[number % 5]
        error = f"error {number}" if number % 3 == 0 else None
        name = ("charge-card", "sync-crm")[number % 2]
        owner = {"event": event} if number % 10 == 0 else {}
        make_run(name, status, created_at=at, error=error, attempt=number % 4, **owner)
    return list(Run.objects.select_related("event"))


def criteria(**parameters: object) -> RunCriteria:
    return RunFilter(QueryDict(urlencode(parameters, doseq=True))).checked_criteria()


def page(wanted: RunCriteria, *, cursor: str = "", newest_first: bool = True, size: int = 7) -> Page:
    order = run_order(newest_first=newest_first)
    branches = Run.objects.branches(wanted)
    return paginate(branches, lambda rows: rows.for_list(), order=order, size=size, cursor=cursor)


def walk(wanted: RunCriteria, *, newest_first: bool = True) -> list[str]:
    """All pages forwards; going back over them again must show the same."""
    pages = [page(wanted, newest_first=newest_first)]
    while pages[-1].next:
        pages.append(page(wanted, cursor=pages[-1].next, newest_first=newest_first))
    back = [pages[-1]]
    while back[-1].previous:
        back.append(page(wanted, cursor=back[-1].previous, newest_first=newest_first))
    forwards = [row.pk for shown in pages for row in shown.rows]
    assert forwards == [row.pk for shown in reversed(back) for row in shown.rows]
    return forwards


def in_period(run: Run, start: datetime, end: datetime) -> bool:
    return run.created_at is not None and start <= run.created_at < end


NOW = timezone.now()
FAR = datetime(9000, 1, 1, tzinfo=UTC)
CASES: dict[str, tuple[dict[str, object], Predicate]] = {
    "nothing": ({}, lambda run: True),
    **{state: ({"state": state}, lambda run, state=state: run.state == state) for state in State.values},  # type: ignore[misc]
    "states": (
        {"state": ["failed", "stuck", "queued"]},
        lambda run: run.state in {"failed", "stuck", "queued"},
    ),
    "status": ({"status": "running"}, lambda run: run.status == "running"),
    "function": ({"function_id": "charge-card"}, lambda run: run.function_id == "charge-card"),
    "functions": (
        {"function_id": ["charge-card", *NAMES]},
        lambda run: run.function_id in {"charge-card", *NAMES},
    ),
    "state and function": (
        {"state": ["failed", "completed"], "function_id": ["charge-card", "sync-crm"]},
        lambda run: run.state in {"failed", "completed"} and run.function_id in {"charge-card", "sync-crm"},
    ),
    "event": ({"event_id": EVENT.upper()}, lambda run: run.event_id == EVENT),
    "worker": ({"worker": "worker-1"}, lambda run: run.locked_by == "worker-1"),
    "wild worker": ({"worker": NAMES[2]}, lambda run: run.locked_by == NAMES[2]),
    "from": ({"created_from": (NOW - 5 * HOUR).isoformat()}, lambda run: in_period(run, NOW - 5 * HOUR, FAR)),
    "period": (
        {"created_from": (NOW - 9 * HOUR).isoformat(), "created_to": (NOW - 4 * HOUR).isoformat()},
        lambda run: in_period(run, NOW - 9 * HOUR, NOW - 4 * HOUR),
    ),
    "error": (
        {"has_error": "true", "created_from": "1970-01-01"},
        lambda run: run.error is not None and run.created_at is not None,
    ),
    "no error": (
        {"has_error": "false", "created_from": "1970-01-01"},
        lambda run: run.error is None and run.created_at is not None,
    ),
    "attempt": (
        {"attempt": "7", "created_from": "1970-01-01"},
        lambda run: run.attempt == 7,
    ),
    "search function": ({"q": "CHARGE"}, lambda run: "charge" in run.function_id.lower()),
    "search event": ({"q": EVENT}, lambda run: run.event_id == EVENT),
    "search prefix": ({"q": EVENT[:15]}, lambda run: EVENT[:15] in {run.pk[:15], str(run.event_id)[:15]}),
    "search nothing": ({"q": "no such thing"}, lambda run: False),
}


@pytest.mark.parametrize("name", CASES)
def test_a_filter_finds_exactly_what_it_says(name: str, runs: list[Run]) -> None:
    parameters, predicate = CASES[name]
    wanted = criteria(**parameters)
    expected = {run.pk for run in runs if predicate(run)}
    found = walk(wanted)
    assert set(found) == expected
    assert len(found) == len(expected)
    assert walk(wanted, newest_first=False) == found[::-1]
    assert capped_count(Run.objects.branches(wanted)) == len(expected)
    assert capped_count(Run.objects.branches(wanted), cap=3) == min(len(expected), 4)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("state", "broken"),
        ("status", "held"),
        ("event_id", "a\x00b"),
        ("created_from", "yesterday"),
        ("created_from", "2026-02-30"),
        ("created_to", "9999-12-31T23:59:59Z"),
        ("created_to", "0001-01-01"),
        ("has_error", "maybe"),
        ("attempt", "x"),
        ("attempt", "-1"),
        ("attempt", str(2**31)),
        ("q", "\x00"),
        ("worker", "\x00"),
        ("function_id", "\x00"),
        ("no_such_filter", "1"),
    ],
)
def test_an_invalid_value_is_an_error_at_its_field(name: str, value: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        criteria(**{name: value})
    assert list(refused.value.fields) == [name]


def test_a_single_filter_given_twice_is_an_error() -> None:
    with pytest.raises(InvalidInput) as refused:
        criteria(worker=["a", "b"])
    assert list(refused.value.fields) == ["worker"]


@pytest.mark.postgresql
def test_an_event_id_that_postgresql_cannot_hold_is_an_error() -> None:
    with pytest.raises(InvalidInput) as refused:
        criteria(event_id="abc")
    assert "isn't an id" in refused.value.fields["event_id"]


def test_conditions_without_an_index_are_limited_to_a_day_and_say_so(runs: list[Run]) -> None:
    wanted = criteria(has_error="true")
    assert wanted.windowed
    shown = Run.objects.in_bulk(walk(wanted))
    assert shown
    assert all(run.created_at >= NOW - 25 * HOUR for run in shown.values())
    assert not criteria(has_error="true", created_from="7d").windowed


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_postgresql_reads_the_failures_of_one_bad_day_in_order_instead_of_sorting_them() -> None:
    """Its estimate for both bounds of a day would be a few rows, which it would collect and sort."""
    first, now = make_run("charge-card", "failed"), timezone.now()
    columns = {field.attname: getattr(first, field.attname) for field in Run._meta.concrete_fields}
    moments = [now - timedelta(days=14) * number / 5000 for number in range(5000)]
    bad_day = (now - timedelta(days=8), now - timedelta(days=7))
    Run.objects.bulk_create(
        Run(**columns | {"id": new_id(at), "created_at": at, "status": "failed" if is_bad else "completed"})
        for at in moments
        for is_bad in [bad_day[0] <= at < bad_day[1]]
    )
    extensions.install(extensions.get("indexes"), connection, str)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE function_runs")
    day = {"created_from": bad_day[0].isoformat(), "created_to": bad_day[1].isoformat()}
    failed = Run.objects.matching(criteria(**day)).in_state(State.FAILED)
    plan = failed.order_by("-id").values("id")[:51].explain()
    assert "Sort" not in plan
