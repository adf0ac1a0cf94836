"""What has to be said about a run because the engine's row doesn't say it, or says it misleadingly."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ops.display.formatting import ago_text
from runs.models import Run
from runs.states import State, Status


@dataclass(frozen=True)
class Note:
    """One sentence or two; `look` is warn or empty."""

    text: str
    look: str = ""


def notes_of(run: Run, *, now: datetime, guarded: bool) -> Iterator[Note]:
    """The notes, most urgent first."""
    yield from notes_of_lease(run, now)
    if run.status == Status.CANCELLED and run.started_at is not None and not guarded:
        yield Note(
            "A worker had started it. Without the guard extension a worker that still has it may overwrite"
            " the cancellation with its own result.",
            "warn",
        )
    yield from notes_of_columns(run)


def notes_of_lease(run: Run, now: datetime) -> Iterator[Note]:
    """Who has it, and what it waits for."""
    if run.state == State.STUCK and run.locked_until is not None:
        yield Note(
            f"Stuck: the lease of {run.locked_by} ran out {ago_text(run.locked_until, now=now)}."
            " The engine never reclaims such a run by itself.",
            "warn",
        )
    elif run.state == State.HELD:
        yield Note("Held: the console keeps it from workers while its function is paused.")
    elif run.status == Status.QUEUED and run.run_after is not None and run.run_after > now:
        yield Note(f"It is due {ago_text(run.run_after, now=now)}: no worker takes it earlier.")
    if run.status == Status.QUEUED and run.attempt > 0:
        yield Note(f"It waits for attempt {run.attempt + 1}; attempt {run.attempt} failed.")


def notes_of_columns(run: Run) -> Iterator[Note]:
    """Columns that contradict each other, as the engine leaves them."""
    if run.attempt > run.max_attempts:
        yield Note(
            f"Attempt {run.attempt} of {run.max_attempts}: the engine doesn't check the maximum when a"
            " worker takes a run."
        )
    if run.started_at and run.ended_at and run.ended_at < run.started_at and run.status not in Status.open():
        yield Note("Its row says that it ended before it started, so there is no duration.")
    if run.event is None:
        yield Note("Its event no longer exists.")
