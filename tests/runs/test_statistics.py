"""Figures over time agree with plain Python over the same rows, and with the lists they lead to."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ops.engine.values import Timestamp
from ops.platform.errors import InvalidInput
from runs.models import Run
from runs.states import State
from runs.stats import statistics
from runs.stats.charts import FrameCharts
from runs.stats.statistics import Frame, frame, read_frame
from runs.stats.time_ranges import Span, SpanFilter, until_now
from tests.factories import make_event, make_run

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True, params=["by id", "by time"])
def order(request: pytest.FixtureRequest) -> str:
    """With our indexes runs are read by ranges of ids, without by time; the figures are the same."""
    cache.clear()
    cache.set("runs.orders_by_id", request.param == "by id")
    return str(request.param)


def make_traffic(span: Span, count: int = 150, seed: int = 7) -> list[Run]:
    """Runs of every state, some created before the span, some on the very edges of its buckets."""
    dice = random.Random(seed)  # noqa: S311 - test data
    event = make_event()
    edges = [*span.edges[:-1], *(edge - timedelta(microseconds=1) for edge in span.edges[1:])]
    return [traffic_run(dice, event, span, edges) for _ in range(count)]


def traffic_run(dice: random.Random, event: Any, span: Span, edges: list[datetime]) -> Run:
    """One of them."""
    anywhere = span.start - 2 * HOUR + dice.random() * (span.length + 2 * HOUR)
    created = dice.choice([anywhere, dice.choice(edges)])
    latest = span.end - timedelta(seconds=1) if span.name else datetime.max.replace(tzinfo=UTC)
    status = dice.choice(["queued", "running", "completed", "completed", "failed", "cancelled"])
    columns: dict[str, Any] = {}
    if dice.random() < 0.3 and status in {"queued", "cancelled", "completed"}:
        columns["started_at"] = None
    elif status != "queued" or dice.random() < 0.5:
        columns["started_at"] = min(created + timedelta(minutes=dice.choice([0, 1, 50])), latest)
    if status in {"completed", "failed", "cancelled"}:
        columns["ended_at"] = min(created + timedelta(minutes=dice.choice([1, 55, 200])), latest)
    if status == "running":
        columns["locked_by"] = dice.choice(["worker-1", "console:hold", None])
        columns["locked_until"] = timezone.now() + dice.choice([-HOUR, HOUR])
    return make_run(
        dice.choice(["charge-card", "sync-crm"]), status, event=event, created_at=created, **columns
    )


def is_in(moment: datetime | None, bucket: tuple[datetime, datetime]) -> bool:
    return moment is not None and bucket[0] <= moment < bucket[1]


def in_span(found: Frame) -> list[Run]:
    return [run for run in Run.objects.all() if found.span.start <= run.created_at < found.span.end]


SPANS = [
    until_now("1h", now=timezone.now()),
    until_now("24h", now=timezone.now()),
    Span(datetime(2026, 2, 22, 10, 0, 7, tzinfo=UTC), datetime(2026, 2, 22, 12, 30, tzinfo=UTC)),
]


@pytest.fixture(params=SPANS, ids=lambda span: span.name or "a range in the past")
def span(request: pytest.FixtureRequest) -> Span:
    given: Span = request.param
    return until_now(given.name, now=timezone.now()) if given.name else given


def test_runs_by_state_and_bucket_are_what_python_counts(span: Span) -> None:
    make_traffic(span)
    found = read_frame(span)
    rows = in_span(found)
    assert len(rows) > 50
    for state, counts in found.by_state().items():
        expected = [
            sum(run.state == state and is_in(run.created_at, bucket) for run in rows)
            for bucket in found.buckets
        ]
        assert counts == expected, state
    assert found.total() == len(rows)
    assert found.total("failed", "stuck") == sum(run.state in {"failed", "stuck"} for run in rows)


def test_throughput_counts_runs_where_they_started_and_ended(span: Span) -> None:
    rows = [run for run in make_traffic(span) if run.created_at >= span.start - statistics.LEAD]
    flow = read_frame(span).throughput()
    for number, bucket in enumerate(span.buckets):
        ended = [run for run in rows if is_in(run.ended_at, bucket)]
        assert flow.started[number] == sum(is_in(run.started_at, bucket) for run in rows), number
        assert flow.completed[number] == sum(run.status == "completed" for run in ended)
        assert flow.failed[number] == sum(run.status == "failed" for run in ended)


def is_waiting(run: Run, moment: datetime) -> bool:
    """Created, and neither started nor, without a start, ended."""
    if run.created_at >= moment or (run.state in {"held", "running", "stuck"} and run.started_at is None):
        return False
    left = run.started_at or run.ended_at
    if run.status == "queued":
        return run.started_at is None
    return left is not None and left >= moment


def test_the_backlog_counts_waits_for_the_first_start_and_ends_with_all_that_are_queued() -> None:
    span = until_now("6h", now=timezone.now())
    make_traffic(span, seed=11)
    make_run(status="queued", created_at=span.start - 3 * 24 * HOUR)
    backlog = read_frame(span).backlog()
    rows = list(Run.objects.all())
    for number, (_, end) in enumerate(span.buckets[:-1]):
        assert backlog[number] == sum(is_waiting(run, end) for run in rows), number
    assert backlog[-1] == Run.objects.filter(status="queued").count()


def test_the_backlog_says_when_too_many_wait_from_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "COUNT_CAP", 2)
    for _ in range(4):
        make_run(created_at=timezone.now() - 24 * HOUR)
    found = read_frame(until_now("1h", now=timezone.now()))
    assert found.waiting_before is None
    assert found.backlog()[-1] == 0
    assert "More than 10,000 others" in FrameCharts(found, UTC).waiting


def test_functions_have_their_runs_failures_and_rate() -> None:
    span = until_now("24h", now=timezone.now())
    rows = [run for run in make_traffic(span) if run.created_at >= span.start]
    figures = {one.function_id: one for one in read_frame(span).functions()}
    assert set(figures) == {"charge-card", "sync-crm"}
    for name, one in figures.items():
        mine = [run for run in rows if run.function_id == name]
        failed = sum(run.status == "failed" for run in mine)
        completed = sum(run.status == "completed" for run in mine)
        assert (one.runs, one.failed, one.completed) == (len(mine), failed, completed)
        assert one.rate == failed / (failed + completed)
        assert sum(one.failures) == failed


def test_failing_functions_are_ordered_by_failures_and_leave_out_the_healthy() -> None:
    for name, failed, completed in (("a", 1, 9), ("b", 3, 1), ("c", 0, 5), ("d", 1, 0)):
        for _ in range(failed):
            make_run(name, "failed")
        for _ in range(completed):
            make_run(name, "completed")
    failing = read_frame(until_now("1h", now=timezone.now())).failing(limit=3)
    assert [(one.function_id, one.failed, one.rate) for one in failing] == [
        ("b", 3, 0.75),
        ("a", 1, 0.1),
        ("d", 1, 1.0),
    ]


def test_a_function_that_finished_nothing_has_no_rate() -> None:
    make_run("slow", "running")
    (only,) = read_frame(until_now("1h", now=timezone.now())).functions()
    assert (only.runs, only.rate) == (1, None)


def test_figures_of_one_function_leave_out_the_others() -> None:
    make_run("a", "completed")
    make_run("b", "completed")
    make_run("a", "queued", created_at=timezone.now() - 30 * HOUR)
    found = read_frame(until_now("1h", now=timezone.now()), function_id="a")
    assert [one.function_id for one in found.functions()] == ["a"]
    assert (found.total(), found.waiting_before) == (1, 1)


def test_a_range_with_too_many_runs_is_cut_to_the_longest_round_part_that_fits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(statistics, "BUDGET", {"postgresql": 5, "sqlite": 5})
    now = timezone.now()
    for hours in (0.5, 2, 3, 4, 5, 8, 9, 20):
        make_run(created_at=now - hours * HOUR)
    found = read_frame(until_now("24h", now=now))
    assert found.is_shortened
    assert found.span.length == 6 * HOUR
    assert found.total() == 5
    assert found.read_from <= found.span.start


def test_a_range_that_fits_is_read_whole_and_its_lead_as_far_as_it_fits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(statistics, "BUDGET", {"postgresql": 3, "sqlite": 3})
    now = timezone.now()
    runs = [make_run(created_at=now - hours * HOUR) for hours in (5, 4, 3, 0.5, 0.2)]
    found = read_frame(until_now("1h", now=now))
    assert not found.is_shortened
    assert found.read_from == runs[1].created_at
    assert sum(cell.runs for cell in found.cells) == 4
    assert found.waiting_before == 1


def test_the_shortest_part_is_shown_even_if_it_holds_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "BUDGET", {"postgresql": 2, "sqlite": 2})
    for _ in range(6):
        make_run()
    found = read_frame(until_now("7d", now=timezone.now()))
    assert found.span.length == timedelta(minutes=5)
    assert found.total() == 6


def test_one_pass_asks_a_constant_number_of_queries() -> None:
    span = until_now("24h", now=timezone.now())
    make_traffic(span, count=10)
    read_frame(span)
    with CaptureQueriesContext(connection) as few:
        read_frame(span)
    make_traffic(span, count=60)
    with CaptureQueriesContext(connection) as many:
        read_frame(span)
    assert len(few) == len(many) == 3


def test_figures_are_kept_for_half_a_minute() -> None:
    make_run()
    assert frame(until_now("24h", now=timezone.now())).total() == 1
    make_run()
    assert frame(until_now("24h", now=timezone.now())).total() == 1
    assert frame(until_now("24h", now=timezone.now()), function_id="charge-card").total() == 2


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-22T10:59:59.9996+00:00",
        "2026-02-22T10:59:59+00:00",
        "2026-02-22T10:00:00.123456789+00:00",
    ],
)
def test_fractions_of_a_second_never_move_a_run_into_the_next_bucket(text: str) -> None:
    make_run(status="completed", created_at=Timestamp.read(text))
    span = Span(datetime(2026, 2, 22, tzinfo=UTC), datetime(2026, 2, 23, tzinfo=UTC))
    counts = read_frame(span).by_state()[State.COMPLETED]
    number = counts.index(1)
    start, end = span.buckets[number]
    assert start <= Timestamp.read(text) < end


def test_times_at_the_ends_of_the_calendar_do_no_harm() -> None:
    now = timezone.now()
    make_run("far", "completed", started_at=now, ended_at=now.replace(year=9000))
    make_run("early", "completed", started_at=now.replace(year=1970), ended_at=now)
    found = read_frame(until_now("1h", now=now))
    assert found.total("completed") == 2
    assert sum(found.throughput().completed) == 1
    assert found.backlog()[-1] == 0


def test_an_empty_database_has_figures_of_zero() -> None:
    found = read_frame(until_now("7d", now=timezone.now()))
    assert found.total() == 0
    assert set(found.backlog()) == {0}
    assert found.functions() == []


@pytest.mark.parametrize("name", ["1h", "6h", "24h", "7d", "30d"])
def test_buckets_are_round_cover_the_range_and_stay_where_they_are(name: str) -> None:
    now = datetime(2026, 2, 22, 14, 7, 33, tzinfo=UTC)
    span, later = until_now(name, now=now), until_now(name, now=now + timedelta(seconds=20))
    assert span.edges[0] == span.start
    assert span.edges[-1] == span.end
    assert 24 <= len(span.buckets) <= 49
    assert all(edge.timestamp() % span.step == 0 for edge in span.edges[1:-1])
    assert set(span.edges[2:-1]) <= set(later.edges)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("range=2h", "range"),
        ("range=24h&since=24h", "range"),
        ("until=1h", "since"),
        ("since=soon", "since"),
        ("since=1h&until=2h", "since"),
        ("since=2999-01-01", "since"),
        ("since=1h&since=2h", "since"),
        ("from=1h", "from"),
    ],
)
def test_a_range_that_makes_no_sense_is_an_error_at_its_field(query: str, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        SpanFilter(QueryDict(query)).span()
    assert list(caught.value.fields) == [field]


def test_a_range_of_ones_own_ends_now_unless_said() -> None:
    span = SpanFilter(QueryDict("since=3h&until=2h")).span()
    assert (span.length, span.name) == (HOUR, "")
    assert SpanFilter(QueryDict("since=3h")).span().end >= timezone.now()
    assert SpanFilter(QueryDict("")).span().name == "24h"
