"""The operations on runs."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any

from django import forms
from django.db import connection
from django.utils import timezone

from ops.access.roles import OPERATOR
from ops.audit.log import Change
from ops.engine import extensions
from ops.lists.pagination import text_of
from ops.operations.operation import Undo, operation
from runs.actions.succession import BUSY, TAKEN, cancelled_no_longer
from runs.models import Run
from runs.querysets import WAITING
from runs.states import State, Status, state_of

Row = Mapping[str, Any]

REQUESTED = "A worker is running it and may still overwrite this with its result."
GUARDED = "A worker is running it; its code runs to the end, but the run stays cancelled."
STUCK_REQUESTED = (
    "Its lease has run out. If its worker comes back, it may still overwrite this with its result."
)
STUCK_GUARDED = "Its lease has run out. If its worker comes back, the run stays cancelled."
# What is to be said of a cancel while a worker has the run, or had it when it was last heard of.
LEASED: dict[str, str] = {State.RUNNING: REQUESTED, State.STUCK: STUCK_REQUESTED}
LEASED_GUARDED: dict[str, str] = {State.RUNNING: GUARDED, State.STUCK: STUCK_GUARDED}


class CancelForm(forms.Form):
    """The parameters of a cancel."""

    only_queued = forms.BooleanField(
        required=False, label="Only queued runs", help_text="Skip runs that a worker has taken."
    )


def forecast_cancel(states: AbstractSet[str], *, only_queued: bool = False) -> dict[str, tuple[str, str]]:
    """What a cancel does to runs in the states; what the console itself holds is no worker's."""
    expected = {state: ("skipped", f"Already {state}.") for state in states}
    expected |= dict.fromkeys(states & {State.QUEUED, State.HELD}, ("done", ""))
    taken = states & LEASED.keys()
    if only_queued:
        return expected | dict.fromkeys(taken, ("skipped", TAKEN))
    remarks = LEASED_GUARDED if taken and extensions.is_current("guard", connection) else LEASED
    return expected | {state: ("done", remarks[state]) for state in taken}


@operation(
    "runs.cancel",
    label="Cancel runs",
    past="cancelled",
    permission="runs.cancel_run",
    role=OPERATOR,
    model="runs.run",
    forecast=forecast_cancel,
    form=CancelForm,
    decisive=("only_queued",),
    undo=Undo(verb="runs.replay", of="target", changed=cancelled_no_longer),
    final="Cancelled runs stop for good. To run the work again, replay it as a new run.",
    relies_on=("guard",),
    offers=lambda run: run.status in Status.open(),
)
def cancel(keys: Sequence[str], *, only_queued: bool) -> Mapping[str, Change]:
    """Close the runs that are still open; report the others as skipped."""
    now, wanted = timezone.now(), set(keys)
    rows = Run.objects.lock_open(wanted)
    states = {pk: state_of_columns(row, now=now) for pk, row in rows.items()}
    expected = forecast_cancel(set(states.values()), only_queued=only_queued)
    chosen = [pk for pk, state in states.items() if expected[state][0] == "done"]
    closed = {"status": Status.CANCELLED, "ended_at": now, "locked_until": None, "locked_by": None}
    Run.objects.open_among(chosen).update(**closed)
    mark = text_of(now)
    after = WAITING | {"status": Status.CANCELLED.value, "ended_at": mark}
    changes = {pk: Change(pk, *expected[states[pk]], before_of(rows[pk]), after, mark=mark) for pk in chosen}
    changes |= {pk: Change(pk, *expected[states[pk]]) for pk in rows if pk not in changes}
    rest = wanted - changes.keys()
    return changes | {pk: left_alone(row) for pk, row in Run.objects.columns_of(rest).items()}


def state_of_columns(row: Row, *, now: datetime) -> str:
    """The state of a row that was locked; what waits shares its columns with all others."""
    if row is WAITING:
        return State.QUEUED
    return state_of(row["status"], row["locked_by"], row["locked_until"], now=now)


def before_of(row: Row) -> Row:
    """The columns that a cancel changes, as text; what waits shares one of them with all others."""
    if row is WAITING:
        return row
    return {name: text_of(value) if value else None for name, value in row.items() if name != "id"}


def left_alone(row: Row) -> Change:
    """The change of a run that was ended before, or that the engine held locked."""
    if row["status"] in Status.open():
        return Change(row["id"], "failed", BUSY, again=True)
    return Change(row["id"], "skipped", f"Already {row['status']}.")
