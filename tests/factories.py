"""Engine rows for tests, written through the models' own columns."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import uuid_utils
from django.utils import timezone

from events.models import Event
from functions.models import Function
from ops.engine.values import Payload
from runs.models import Run, Step


def new_id(at: datetime | None = None) -> str:
    """A UUIDv7 of the given moment."""
    if at is None:
        return str(uuid_utils.uuid7())
    milliseconds = int(at.timestamp() * 1000)
    return str(uuid.UUID(int=(milliseconds << 80) | (uuid_utils.uuid7().int & ((1 << 80) - 1))))


def make_event(name: str = "order.placed", data: Any = None, **columns: Any) -> Event:
    """One event row; `data` is any JSON value or a Payload."""
    at = columns.pop("timestamp", timezone.now())
    payload = data if isinstance(data, Payload) else Payload.of({} if data is None else data)
    values = {"id": new_id(at), "name": name, "data": payload, "timestamp": at, "created_at": at} | columns
    return Event.objects.bulk_create([Event(**values)])[0]


def make_run(function_id: str = "charge-card", status: str = "queued", **columns: Any) -> Run:
    """One run row; its event is made unless given."""
    at = columns.pop("created_at", timezone.now())
    values: dict[str, Any] = {
        "id": new_id(at),
        "function_id": function_id,
        "status": status,
        "attempt": 0 if status == "queued" else 1,
        "max_attempts": 3,
        "input": Payload("{}"),
        "created_at": at,
    }
    if status != "queued":
        values["started_at"] = at + timedelta(seconds=1)
    if status in {"completed", "failed", "cancelled"}:
        values["ended_at"] = at + timedelta(seconds=3)
    if status == "running":
        values |= {"locked_by": "worker-1", "locked_until": timezone.now() + timedelta(minutes=5)}
    values |= columns
    if "event_id" not in values and "event" not in values:
        values["event"] = make_event(timestamp=at)
    return Run.objects.bulk_create([Run(**values)])[0]


def make_step(run: Run, step_id: str = "charge", status: str = "completed", **columns: Any) -> Step:
    """One step row of a run."""
    at = columns.pop("created_at", run.created_at)
    values = {
        "id": new_id(at),
        "run": run,
        "step_id": step_id,
        "status": status,
        "attempt": 0,
        "created_at": at,
    }
    return Step.objects.bulk_create([Step(**(values | columns))])[0]


def make_function(function_id: str = "charge-card", definition: Any = None, **columns: Any) -> Function:
    """One registered function."""
    at = columns.pop("created_at", timezone.now())
    event = {"type": "event", "name": "order.placed", "schedule": None}
    given = {"id": function_id, "name": "", "triggers": [event]} if definition is None else definition
    payload = given if isinstance(given, Payload) else Payload.of(given)
    values = {"id": function_id, "definition": payload, "created_at": at, "updated_at": at} | columns
    return Function.objects.bulk_create([Function(**values)])[0]
