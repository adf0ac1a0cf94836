"""The operations on runs."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.db import connection
from django.utils import timezone

from ops.audit import Change
from ops.engine import extensions
from ops.engine.ids import stored_forms
from ops.operations import Undo, operation
from ops.pagination import text_of
from ops.roles import OPERATOR
from runs.models import Run
from runs.querysets import WAITING
from runs.states import HOLDER, State, Status

Row = Mapping[str, Any]

REQUESTED = "A worker is running it and may still overwrite this with its result."
GUARDED = "A worker is running it; its code goes on to its end, the run stays cancelled."
BUSY = "The engine is changing it at this moment. Try again."
TAKEN = "A worker has taken it."
TWICE = "The same run, named before."
NOT_FOUND = "There is no run with this id."


class CancelForm(forms.Form):
    """The parameters of a cancel."""

    only_queued = forms.BooleanField(
        required=False, label="Only queued runs", help_text="Leave alone what a worker has taken."
    )


def forecast_cancel(state: str) -> tuple[str, str]:
    """What a cancel would do to a run in the state."""
    if state in {State.RUNNING, State.STUCK}:
        return "done", GUARDED if extensions.is_current("guard", connection) else REQUESTED
    return ("done", "") if state in {State.QUEUED, State.HELD} else ("skipped", f"Already {state}.")


@operation(
    "runs.cancel",
    label="Cancel runs",
    past="cancelled",
    permission="runs.cancel_run",
    role=OPERATOR,
    model="runs.run",
    forecast=forecast_cancel,
    form=CancelForm,
    undo=Undo(verb="runs.replay", of="target"),
    final="Cancelled runs stop for good. To run the work again, replay it as a new run.",
    relies_on=("guard",),
    offers=lambda run: run.status in Status.open(),
)
def cancel(ids: Sequence[str], *, only_queued: bool) -> Sequence[Change]:
    """Close the runs that are still open; report the others as skipped."""
    now, wanted = timezone.now(), set(stored_forms(ids).values())
    rows = Run.objects.lock_open(wanted)
    chosen = [pk for pk, row in rows.items() if not only_queued or row["status"] == Status.QUEUED]
    Run.objects.mark_cancelled(chosen, at=now)
    changes = dict(cancelled({pk: rows[pk] for pk in chosen}, at=now))
    changes |= {pk: Change(pk, "skipped", TAKEN) for pk in rows if pk not in changes}
    rest = wanted - changes.keys()
    changes |= {pk: skipped(row) for pk, row in Run.objects.columns_of(rest).items()}
    return told_once(ids, changes)


def told_once(ids: Sequence[str], changes: Mapping[str, Change]) -> list[Change]:
    """One change per id, in order; a run named in two spellings is told as changed once."""
    told: set[str] = set()
    forms, result = stored_forms(ids), []
    for pk in ids:
        form = forms.get(pk, pk)
        result.append(Change(pk, "skipped", TWICE) if form in told else changes.get(form) or unknown(pk))
        told.add(form)
    return result


def unknown(pk: str) -> Change:
    """The change of an id that is no run's."""
    return Change(pk, "skipped", NOT_FOUND)


def cancelled(rows: Mapping[str, Row], *, at: datetime) -> Iterator[tuple[str, Change]]:
    """The changes of runs that are cancelled: final when no worker has it, else what the engine will do."""
    after = WAITING | {"status": Status.CANCELLED.value, "ended_at": text_of(at)}
    leased = {
        pk for pk, row in rows.items() if row["status"] == Status.RUNNING and row["locked_by"] != HOLDER
    }
    remark = (GUARDED if extensions.is_current("guard", connection) else REQUESTED) if leased else ""
    for pk, row in rows.items():
        yield pk, Change(pk, "done", remark if pk in leased else "", before_of(row), after)


def before_of(row: Row) -> Row:
    """The columns that a cancel changes, as text; what waits shares one of them with all others."""
    if row is WAITING:
        return row
    return {name: text_of(value) if value else None for name, value in row.items() if name != "id"}


def skipped(row: Row) -> Change:
    """The change of a run that was ended before, or that the engine held locked."""
    open_still = row["status"] in Status.open()
    return Change(row["id"], "skipped", BUSY if open_still else f"Already {row['status']}.")
