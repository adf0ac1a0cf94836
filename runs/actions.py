"""The operations on runs."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.utils import timezone

from ops.audit import Change
from ops.engine import extensions
from ops.engine.ids import stored_form
from ops.operations import operation
from ops.pagination import text_of
from ops.roles import OPERATOR
from runs.models import Run
from runs.states import HOLDER, Status

Row = Mapping[str, Any]

REQUESTED = "A worker is running it and may still overwrite this with its result."
GUARDED = "A worker is running it; its code goes on to its end, the run stays cancelled."
BUSY = "The engine is changing it at this moment. Try again."
NOT_FOUND = "There is no run with this id."


def preview_cancel(ids: Sequence[str], **parameters: Any) -> Sequence[Change]:
    """What a cancel would do to each run, as things stand."""
    rows = Run.objects.lock_columns(forms_of(ids).values())
    return changes_of(ids, rows, cancelled=[pk for pk, row in rows.items() if row["status"] in Status.open()])


@operation(
    "runs.cancel",
    label="Cancel runs",
    permission="runs.cancel_run",
    role=OPERATOR,
    model="runs.run",
    past="cancelled",
    relies_on=("guard",),
    preview=preview_cancel,
    final="A cancelled run doesn't go on, and a cancel can't be taken back.",
)
def cancel(ids: Sequence[str], **parameters: Any) -> Sequence[Change]:
    """Close the runs that are still open; report the others as skipped."""
    now = timezone.now()
    wanted = list(forms_of(ids).values())
    rows = Run.objects.lock_open(wanted)
    cancelled = list(rows)
    Run.objects.mark_cancelled(cancelled, at=now)
    rows |= Run.objects.lock_columns(pk for pk in wanted if pk not in rows)
    return changes_of(ids, rows, cancelled=cancelled, at=text_of(now))


def forms_of(ids: Sequence[str]) -> dict[str, str]:
    """Each id that the database can hold → the form in which it holds it."""
    return {pk: form for pk in ids if (form := stored_form(pk)) is not None}


def changes_of(
    ids: Sequence[str], rows: Mapping[str, Row], *, cancelled: Sequence[str], at: str | None = None
) -> list[Change]:
    """One change per id, in order; an id given in two spellings is changed once."""
    forms, todo = forms_of(ids), set(cancelled)
    guarded = extensions.is_current("guard", connection)
    changes = []
    for pk in ids:
        form = forms.get(pk, pk)
        row = rows.get(form)
        changes.append(done(form, row, at, guarded=guarded) if row and form in todo else skipped(form, row))
        todo.discard(form)
    return changes


def done(pk: str, row: Row, at: str | None, *, guarded: bool) -> Change:
    """The change of a run that is cancelled: final when no worker has it, else what the engine will do."""
    before = {name: text_of(value) if value else None for name, value in row.items() if name != "id"}
    after = {"status": Status.CANCELLED.value, "ended_at": at, "locked_until": None, "locked_by": None}
    leased = row["status"] == Status.RUNNING and row["locked_by"] != HOLDER
    return Change(pk, "done", (GUARDED if guarded else REQUESTED) if leased else "", before, after)


def skipped(pk: str, row: Row | None) -> Change:
    """The change of a run that is left alone, with the reason."""
    if row is None:
        return Change(pk, "skipped", NOT_FOUND)
    open_still = row["status"] in Status.open()
    return Change(pk, "skipped", BUSY if open_still else f"Already {row['status']}.")
