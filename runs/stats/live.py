"""Figures of this moment and of the last day: what waits, runs and is stuck, who has it, how much failed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q
from django.utils import timezone

from ops.engine.statuses import HOLDER
from ops.lists.pagination import capped_count
from ops.platform.caching import kept
from runs.models import Run
from runs.states import State, Status, is_state
from runs.stats import statistics
from runs.stats.time_ranges import until_now

AGE = 4  # seconds for which counts are kept: less than the pages' shortest interval
MAX_WORKERS = 50
DAY = timedelta(hours=24)


@dataclass(frozen=True)
class Worker:
    """A name found in `locked_by` of running runs; the engine keeps no other list of workers."""

    name: str
    runs: int
    stuck: int
    leased_until: datetime | None  # the latest lease among its runs

    @property
    def state(self) -> str:
        """Stuck when one of its leases has run out."""
        return State.STUCK if self.stuck else State.RUNNING


@dataclass(frozen=True)
class Waiting:
    """A queued run that is due."""

    function_id: str
    since: datetime  # created, or due if that was later
    attempt: int


@dataclass(frozen=True)
class Live:
    """Counts by state; one over 10,000 means "more than that"."""

    queued: int
    held: int
    running: int
    stuck: int
    oldest: Waiting | None
    workers: tuple[Worker, ...]
    measured_at: datetime

    @property
    def lost(self) -> list[Worker]:
        """The workers with runs whose lease has run out."""
        return [worker for worker in self.workers if worker.stuck]


@dataclass(frozen=True)
class Day:
    """Runs created in the last 24 hours and the 24 before; exact, or capped at 10,000 when there are many."""

    failed: int
    completed: int
    failed_before: int
    is_exact: bool

    @property
    def success(self) -> float | None:
        """Completed among completed and failed; None when that isn't known."""
        total = self.completed + self.failed
        return self.completed / total if self.is_exact and total else None


def live() -> Live:
    """What is going on, a few seconds old at most."""
    return kept("live", read=read_live, seconds=AGE)


def day() -> Day:
    """What came of the last day's runs, half a minute old at most."""
    return kept("day", read=read_day, seconds=statistics.AGE)


def read_live() -> Live:
    """The same, from the database: each count walks a partial index of the engine and stops at 10,000."""
    counts = {state.value: capped_count([Run.objects.in_state(state)]) for state in State if state.is_open}
    return Live(**counts, oldest=read_oldest(), workers=tuple(read_workers()), measured_at=timezone.now())


def read_oldest() -> Waiting | None:
    """The run that was created first among those that a worker could lease now. Index idx_runs_queue."""
    due = Q(run_after__isnull=True) | Q(run_after__lte=timezone.now())
    rows = Run.objects.in_state(State.QUEUED).filter(due).order_by("created_at")
    row = rows.values_list("function_id", "created_at", "run_after", "attempt").first()
    if row is None:
        return None
    function_id, created_at, run_after, attempt = row
    return Waiting(function_id, max(created_at, run_after or created_at), attempt)


def read_workers() -> Iterator[Worker]:
    """Who has running runs, those in trouble first."""
    running = Run.objects.filter(status=Status.RUNNING).exclude(locked_by=HOLDER)
    rows = (
        running.values("locked_by")
        .annotate(runs=Count("*"), leased_until=Max("locked_until"))
        .annotate(stuck=Count("id", filter=is_state(State.STUCK, now=timezone.now())))
        .order_by("-stuck", "-runs", "locked_by")
    )
    for row in rows[:MAX_WORKERS]:
        yield Worker(row["locked_by"] or "", row["runs"], row["stuck"], row["leased_until"])


def read_day() -> Day:
    """The same, from the database: exact when the day's runs fit into one frame."""
    span = until_now("24h", now=timezone.now())
    frame = statistics.frame(span)
    before = Run.objects.created_between(span.start - DAY, span.start).in_state(State.FAILED)
    if frame.is_shortened:
        runs = Run.objects.created_between(span.start, span.end)
        failed, completed = (
            capped_count([runs.in_state(state)]) for state in (State.FAILED, State.COMPLETED)
        )
    else:
        failed, completed = frame.total(State.FAILED), frame.total(State.COMPLETED)
    return Day(failed, completed, capped_count([before]), is_exact=not frame.is_shortened)
