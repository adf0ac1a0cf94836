"""The operation runs.replay: a new queued run of the same function and event."""

import json
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import uuid_utils
from django import forms
from django.db import connection
from django.utils import timezone

from events.models import Event
from ops.access.roles import OPERATOR
from ops.audit.log import Change
from ops.engine import tables
from ops.engine.ids import MANY
from ops.engine.json_rules import fault_of
from ops.engine.values import Payload, Timestamp
from ops.operations.operation import Undo, operation
from runs.actions.replay_sql import COPY_RUNS, COPY_STEPS, LINK, NEW_STEP_ID, PAIRS, UNUSUAL
from runs.actions.replay_warnings import warnings
from runs.actions.succession import otherwise_since, taken_since
from runs.models import Run
from runs.replays import Mode
from runs.states import State, Status

OPEN_STATES = frozenset(state for state in State if state.is_open)
Pairs = Sequence[tuple[str, str]]

EVENT_GONE = "Its event no longer exists, and a run can't be created without one."
STILL_OPEN = "The original is still open, so both may run."
EFFECTS = "Side effects outside the engine, such as emails and payments, happen again."


class ReplayForm(forms.Form):
    """The parameters of a replay."""

    mode = forms.ChoiceField(choices=Mode.choices, initial=Mode.START, required=False, label="Where to start")
    # Not stripped, so that the line and column of a fault are those that the person sees.
    input = forms.CharField(
        required=False,
        strip=False,
        widget=forms.Textarea,
        label="Input",
        help_text="JSON; only for a single run.",
    )

    def clean_mode(self) -> str:
        """From the start unless said otherwise."""
        return self.cleaned_data["mode"] or Mode.START.value

    def clean_input(self) -> str:
        """JSON that the engine can read and its database can hold, as it was typed."""
        text = str(self.cleaned_data["input"])
        if not text.strip():
            return ""
        if fault := fault_of(text, jsonb=connection.vendor == "postgresql"):
            raise forms.ValidationError(fault.told(text))
        return text.strip()


def forecast_replay(states: AbstractSet[str], **parameters: Any) -> dict[str, tuple[str, str]]:
    """What a replay does to runs in the states."""
    return {state: ("done", STILL_OPEN if state in OPEN_STATES else "") for state in states}


def obstacles(ids: Sequence[str]) -> dict[str, str]:
    """Those of the runs that can't be replayed whatever their state."""
    return {pk: why for pk, why in unusual(ids).items() if why != STILL_OPEN}


@operation(
    "runs.replay",
    label="Replay runs",
    past="replayed",
    permission="runs.replay_run",
    role=OPERATOR,
    model="runs.run",
    form=ReplayForm,
    forecast=forecast_replay,
    obstacles=obstacles,
    warnings=warnings,
    single=("input",),
    payloads=("input",),
    rights=tables.WRITES,
    feed=50.0,
    page="replay",
    notes_job=True,
    # While the original is open both would run: whoever wants that says so over the API.
    offers=lambda run: run.status not in Status.open(),
    undo=Undo(verb="runs.cancel", of="result", parameters={"only_queued": True}, changed=taken_since),
    changed=otherwise_since,
    final=f"{EFFECTS} A new run can be cancelled until a worker takes it.",
)
def replay(
    keys: Sequence[str],
    *,
    mode: str,
    input: str = "",  # noqa: A002 - as promised
    job: int | None = None,
) -> Mapping[str, Change]:
    """Queue a new run for each that exists."""
    told = unusual(keys)
    pairs = [(old, str(uuid_utils.uuid7())) for old in keys if told.get(old, STILL_OPEN) == STILL_OPEN]
    copy(pairs, mode=mode, edited=bool(input), job=job)
    if input:
        edit(pairs, Payload(input))
    changes = {old: Change(old, "skipped", why) for old, why in told.items() if why}
    for old, new in pairs:
        about: dict[str, Any] = {"after": {"replay": new}, "result": new, "mark": Status.QUEUED.value}
        changes[old] = Change(old, "done", told.get(old, ""), **about)
    return changes


def unusual(ids: Iterable[str]) -> dict[str, str]:
    """What is to be said of those that can't be replayed or are still open; empty if there is no such run."""
    with connection.cursor() as cursor:
        cursor.execute(UNUSUAL.format(many=MANY[connection.vendor]), [json.dumps(list(ids))])
        return {
            pk: "" if not found else STILL_OPEN if has_event else EVENT_GONE
            for pk, found, has_event in cursor.fetchall()
        }


def copy(pairs: Pairs, *, mode: str, edited: bool, job: int | None) -> None:
    """The new runs, each with its origin, and its completed steps if those are not to run again."""
    pairs_sql, text = PAIRS[connection.vendor], json.dumps(pairs)
    now = timezone.now()
    created = Timestamp.text_of(now) if connection.vendor == "sqlite" else now
    noted = connection.ops.adapt_datetimefield_value(now)
    ours = "NULL" if job is None else f"{job:d}"
    with connection.cursor() as cursor:
        cursor.execute(COPY_RUNS.format(pairs=pairs_sql), [created, text])
        cursor.execute(LINK.format(pairs=pairs_sql, job=ours), [mode, edited, noted, text])
        if mode == Mode.FAILED_STEP:
            new_id = NEW_STEP_ID[connection.vendor]
            cursor.execute(COPY_STEPS.format(pairs=pairs_sql, new_id=new_id), [text])


def edit(pairs: Pairs, payload: Payload) -> None:
    """Give the new run an input of its own: the SDK reads the event's data, a Rust worker the run's input."""
    now = timezone.now()
    for old, new in pairs:
        row = Run.objects.values("event__name", "event__user_id").get(pk=old)
        event = Event(
            id=str(uuid_utils.uuid7()),
            name=row["event__name"],
            data=payload,
            idempotency_key=f"console:replay/{new}",
            timestamp=now,
            user_id=row["event__user_id"],
            created_at=now,
        )
        Event.objects.bulk_create([event])
        Run.objects.filter(pk=new, status=Status.QUEUED).update(input=payload, event_id=event.pk)
