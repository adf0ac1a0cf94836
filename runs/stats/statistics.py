"""Figures over a span of time, from one pass over the runs that were created in it.

The engine keeps no history, so what happened is told from the columns of the runs as they are now: when a run
was created, first leased and ended, and its present state. Waits before later attempts are not recorded.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from django.db import connection
from django.db.models import Count
from django.utils import timezone

from ops.engine.ids import first_id_at
from ops.lists.pagination import COUNT_CAP, capped_count
from ops.platform.caching import kept
from runs.models import Run
from runs.ordering import orders_by_id
from runs.querysets import RunQuerySet
from runs.states import State, state_expression
from runs.stats.failure_tint import look_of
from runs.stats.sql import Bucket
from runs.stats.time_ranges import SHORTER, Span

# Runs read for one frame, in a tenth of a second.
BUDGET = {"postgresql": 65_000, "sqlite": 40_000}
AGE = 30  # seconds for which figures are kept
# Runs created this long before the span are read too: they may have started or ended within it.
LEAD = timedelta(hours=6)
SPARK_POINTS = 20


class Cell(NamedTuple):
    """Runs of one function and state that were created, first started and ended in the same buckets.

    Buckets are numbers: -1 is before the span, one past the last is after it, None is never.
    """

    created: int
    started: int | None
    ended: int | None
    function_id: str
    state: str
    runs: int


class Throughput(NamedTuple):
    """Runs started, completed and failed in each bucket."""

    started: list[int]
    completed: list[int]
    failed: list[int]


@dataclass(frozen=True)
class FunctionFigures:
    """One function's runs that were created in a span; `runs` counts every state."""

    function_id: str
    runs: int
    completed: int
    failed: int
    failures: tuple[int, ...]  # failed, per bucket of creation
    finished: tuple[int, ...]  # completed or failed, per bucket of creation

    @property
    def rate(self) -> float | None:
        """Failed among completed and failed, from 0 to 1; None when nothing has finished."""
        total = self.completed + self.failed
        return self.failed / total if total else None

    @property
    def look(self) -> str:
        return look_of(self.rate)


@dataclass(frozen=True)
class Frame:
    """What one pass found. Figures of a run's state are by the bucket in which it was created."""

    asked: Span
    span: Span
    read_from: datetime
    cells: tuple[Cell, ...]
    waiting_before: int | None  # queued runs created before read_from; None: more than can be counted
    measured_at: datetime

    @property
    def is_shortened(self) -> bool:
        """Whether the range that was asked for holds too many runs."""
        return self.span != self.asked

    @property
    def is_live(self) -> bool:
        """Whether the span ends now."""
        return self.measured_at - self.span.end < timedelta(seconds=AGE)

    @cached_property
    def buckets(self) -> list[tuple[datetime, datetime]]:
        """[from, to) of each bucket."""
        return self.span.buckets

    def by_state(self) -> dict[str, list[int]]:
        """State → runs created in each bucket that are in that state now; every known state is there."""
        found = {state.value: [0] * len(self.buckets) for state in State}
        for cell in self.within():
            found.setdefault(cell.state, [0] * len(self.buckets))[cell.created] += cell.runs
        return found

    def within(self) -> Iterable[Cell]:
        """The cells of the runs that were created in the span."""
        last = len(self.buckets)
        return (cell for cell in self.cells if 0 <= cell.created < last)

    def total(self, *states: str) -> int:
        """Runs created in the span that are in one of the states now; without states, all."""
        return sum(cell.runs for cell in self.within() if not states or cell.state in states)

    def throughput(self) -> Throughput:
        """What happened in each bucket to the runs that were created since `read_from`."""
        last = len(self.buckets)
        flow = Throughput([0] * last, [0] * last, [0] * last)
        ends = {State.COMPLETED: flow.completed, State.FAILED: flow.failed}
        for cell in self.cells:
            if cell.started is not None and 0 <= cell.started < last:
                flow.started[cell.started] += cell.runs
            if cell.ended is not None and 0 <= cell.ended < last and cell.state in ends:
                ends[State(cell.state)][cell.ended] += cell.runs
        return flow

    def backlog(self) -> list[int]:
        """Runs waiting for their first start at the end of each bucket; the last one counts all queued.

        Runs that wait for a later attempt are in the last figure only: since when they wait is not recorded.
        """
        last = len(self.buckets)
        change = [0] * (last + 2)
        change[0] = self.waiting_before or 0
        for cell in self.cells:
            came, left = stay(cell, last, is_live=self.is_live)
            change[came] += cell.runs
            change[left] -= cell.runs
        return list(accumulate(change))[:last]

    @cached_property
    def by_function(self) -> dict[str, FunctionFigures]:
        """The functions with runs created in the span, most runs first."""
        found: dict[str, list[Cell]] = defaultdict(list)
        for cell in self.within():
            found[cell.function_id].append(cell)
        figures = [self.figures(name, cells) for name, cells in found.items()]
        figures = sorted(figures, key=lambda one: (-one.runs, one.function_id))
        return {one.function_id: one for one in figures}

    def functions(self) -> list[FunctionFigures]:
        return list(self.by_function.values())

    def figures(self, function_id: str, cells: Sequence[Cell]) -> FunctionFigures:
        """The sums of one function's cells."""
        failures, finished = [0] * len(self.buckets), [0] * len(self.buckets)
        for cell in cells:
            failures[cell.created] += cell.runs if cell.state == State.FAILED else 0
            finished[cell.created] += cell.runs if cell.state in {State.COMPLETED, State.FAILED} else 0
        failed = sum(failures)
        runs = sum(cell.runs for cell in cells)
        return FunctionFigures(
            function_id, runs, sum(finished) - failed, failed, tuple(failures), tuple(finished)
        )

    def failing(self, limit: int = 5) -> list[FunctionFigures]:
        """The functions with the most failed runs."""
        failing = [one for one in self.functions() if one.failed]
        return sorted(failing, key=lambda one: (-one.failed, one.function_id))[:limit]


def thinned(values: Sequence[int]) -> list[int]:
    """Neighbours summed, so that a small line stays readable."""
    width = -(-len(values) // SPARK_POINTS)
    return [sum(values[i : i + width]) for i in range(0, len(values), width)]


def stay(cell: Cell, last: int, *, is_live: bool) -> tuple[int, int]:
    """The buckets in which the cell's runs came into the queue and left it; equal if they never waited."""
    came = max(cell.created, 0)
    if cell.state == State.QUEUED:
        return (came if cell.started is None else last - is_live), last
    left = cell.started if cell.started is not None else cell.ended
    return came, came if left is None else max(came, min(left, last))


def frame(span: Span, *, function_id: str | None = None) -> Frame:
    """The figures of a span, of all functions or one; at most 30 s old."""
    asked = span.name or (span.start, span.end.timestamp() // AGE)
    return kept(
        "frame", asked, function_id, read=lambda: read_frame(span, function_id=function_id), seconds=AGE
    )


def read_frame(asked: Span, *, function_id: str | None = None) -> Frame:
    """The same, from the database."""
    now = timezone.now()
    runs = Run.objects.all() if function_id is None else Run.objects.filter(function_id=function_id)
    crowded = crowded_at(runs, asked)
    span = shortened(asked, crowded)
    read_from = min(max(filter(None, (crowded, span.start - LEAD))), span.start)
    return Frame(
        asked=asked,
        span=span,
        read_from=read_from,
        cells=tuple(read_cells(runs.created_between(read_from, span.end), span, now=now)),
        waiting_before=waiting_before(runs, read_from),
        measured_at=now,
    )


def crowded_at(runs: RunQuerySet, span: Span) -> datetime | None:
    """When the newest run was created that is beyond the budget; None if the span holds no such run.

    Walks the keys of an index only: the primary one, or that on created_at where ids don't tell the time.
    """
    start, budget = span.start - LEAD, BUDGET[connection.vendor]
    if not orders_by_id():
        return (
            runs.created_between(start, span.end)
            .order_by("-created_at")
            .values_list("created_at", flat=True)[budget : budget + 1]
            .first()
        )
    ids = runs.filter(id__gte=first_id_at(start), id__lt=first_id_at(span.end)).order_by("-id")
    beyond = Run.objects.filter(id__in=ids.values("id")[budget : budget + 1])
    return beyond.values_list("created_at", flat=True).first()


def shortened(span: Span, crowded: datetime | None) -> Span:
    """The span, or the longest round part at its end that holds only what was created after `crowded`."""
    if crowded is None or crowded < span.start:
        return span
    shorter = [length for length in SHORTER if length < span.length]
    fitting = (length for length in shorter if span.end - length > crowded)
    return span.last(next(fitting, min(shorter, default=span.length)))


def read_cells(runs: RunQuerySet, span: Span, *, now: datetime) -> Iterable[Cell]:
    columns = {name: Bucket(f"{name}_at", span) for name in ("created", "started", "ended")}
    rows = (
        runs.annotate(**{f"{name}_in": bucket for name, bucket in columns.items()})
        .annotate(derived_state=state_expression(now=now))
        .values_list("created_in", "started_in", "ended_in", "function_id", "derived_state")
        .annotate(runs=Count("*"))
        .order_by()
    )
    return (Cell(*row) for row in rows if row[0] is not None)


def waiting_before(runs: RunQuerySet, moment: datetime) -> int | None:
    """Queued runs created before the moment; None if there are too many to count."""
    found = capped_count([runs.in_state(State.QUEUED).filter(created_at__lt=moment)])
    return None if found > COUNT_CAP else found
