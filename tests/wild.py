"""Rows as they are found in the wild. No page, list, filter or API address may break on one of them."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from events.models import Event
from functions.models import Function
from ops.engine.values import Payload, Timestamp
from runs.models import Run, Step
from tests.factories import make_event, make_function, make_run, make_step

MARKUP = "<script>alert('wild')</script><img src=x onerror=\"alert(1)\">&amp;{{ 7|add:1 }}"
DEEP = Payload("[" * 900 + '"deepest"' + "]" * 900)
NAMES = (
    "billing/charge card",
    "say \"hello\" & 'bye'",
    MARKUP,
    "  blanks around  ",
    "日本語 ✓ e\u0301",
    "a?b=c#d%2Fe",
    "..",
    "long-" + "x" * 250,
)
EVENT_TRIGGER = {"type": "event", "name": "order.placed", "schedule": None}
DEFINITIONS: dict[str, Any] = {
    "no-keys": {},
    "all-null": dict.fromkeys(("id", "name", "triggers", "retries", "concurrency", "priority"), None),
    "null-inside": {"triggers": [None, {}, {"type": None}], "retries": {}, "throttle": {"limit": None}},
    "wrong-types": {"triggers": "order.placed", "retries": 3, "concurrency": [1], "timeout_secs": "soon"},
    "a-list": [1, 2, 3],
    "a-scalar": 7,
    "json-null": None,
    "unknown-keys": {"id": "unknown-keys", "batch": {"size": 5}, "retries": {"initial_delay_ms": 5}},
    "marked-up": {"id": MARKUP, "name": MARKUP, "triggers": [{"type": "cron", "schedule": MARKUP}]},
    "deep": DEEP,
}
PAYLOADS: dict[str, Any] = {
    "null": None,
    "true": True,
    "number": 12345678901234567890,
    "fraction": -0.25,
    "text": "just text",
    "empty text": "",
    "list": [],
    "markup": {MARKUP: MARKUP},
    "deep": DEEP,
    "megabyte": {"lines": ["é" * 100] * 5_000},
    "wide": {f"key {number}": number for number in range(3_000)},
}
IDS = (
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "8c4a1f6e-1d0b-11ee-be56-0242ac120002",  # version 1
    "3b241101-e2bb-4255-8caf-4136c566a962",  # version 4
)
TIMES = (
    "2026-02-22T19:32:57+00:00",
    "2026-02-22T19:32:57.123+00:00",
    "2026-02-22T19:32:57.123456789+00:00",
    "2026-02-22T19:32:57.1Z",
    "2026-02-22T21:32:57+02:00",
    "2026-02-22 19:32:57",
)


@dataclass
class Wild:
    """Everything that make_wild_rows() wrote; the lists are in the order of writing."""

    events: list[Event] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)

    def run(self, function_id: str) -> Run:
        """The first run of that function."""
        return next(run for run in self.runs if run.function_id == function_id)


def make_wild_rows() -> Wild:
    """Write every wild row that this database can hold."""
    wild = Wild()
    wild.functions += [make_function(name, definition) for name, definition in DEFINITIONS.items()]
    wild.functions += [make_function(name) for name in NAMES]
    wild.runs += [*named_runs(), *payload_runs(), *odd_runs(), *foreign_runs()]
    wild.events.append(make_event("order.placed", {"note": "a function matches, yet there is no run"}))
    wild.events.append(make_event(MARKUP, MARKUP, user_id=MARKUP, idempotency_key=f"twice {MARKUP}"))
    wild.steps += wild_steps(wild.run("with-steps"))
    if connection.vendor == "sqlite":
        wild.functions.append(make_function("broken-json", Payload('{"triggers": [')))
        wild.runs += text_runs()
    wild.events += {run.event_id: run.event for run in wild.runs if run.event is not None}.values()
    return wild


def named_runs() -> Iterator[Run]:
    """Function ids, event names, workers and errors that hurt where they are not escaped."""
    for name in NAMES:
        event = make_event(name, user_id=name, idempotency_key=name)
        yield make_run(name, "failed", event=event, error=f"{name}\n  at {MARKUP}", concurrency_key=name)
        yield make_run(name, "running", event=event, locked_by=name, concurrency_key=name)


def payload_runs() -> Iterator[Run]:
    """Every kind of JSON as event data, input and output; and an output that is SQL NULL."""
    for name, value in PAYLOADS.items():
        payload = value if isinstance(value, Payload) else Payload.of(value)
        event = make_event("payload", payload)
        yield make_run(f"payload {name}", "completed", event=event, input=payload, output=payload)


def odd_runs() -> Iterator[Run]:
    """Columns that contradict each other, as the engine leaves them."""
    now = timezone.now()
    early = now - timedelta(days=1)
    yield make_run("unregistered", "failed", error="No handler registered for function: unregistered")
    yield make_run("ended-before-started", "completed", started_at=now, ended_at=early)
    yield make_run("started-before-created", "running", started_at=early)
    yield make_run("seven-of-three", "failed", attempt=7, max_attempts=3, error="")
    yield make_run("completed-with-error", "completed", error="CardDeclined: first attempt", attempt=2)
    yield make_run("queued-again", "queued", attempt=1, error="first attempt", started_at=early, ended_at=now)
    yield make_run("due-later", "queued", run_after=now + timedelta(days=300))
    yield make_run("stuck", "running", locked_until=early)
    yield make_run("held", "running", locked_by="console:hold", started_at=None)
    yield make_run("running-without-lease", "running", locked_by=None, locked_until=None, started_at=None)
    yield make_run("never-started", "cancelled", started_at=None, ended_at=None)
    yield make_run("negative", "failed", attempt=-1, max_attempts=0, error="\n\n  \n")
    yield make_run("long-error", "failed", error="word " * 40_000)
    yield make_run("one-long-word", "failed", error="x" * 20_000)
    yield make_run("with-steps", "failed", attempt=3, error="step failed")
    yield make_run("ancient", "completed", created_at=now.replace(year=1970, month=1, day=1))


def foreign_runs() -> Iterator[Run]:
    """Ids that are no UUIDv7."""
    for pk in IDS:
        yield make_run("foreign-id", "queued", id=pk)


def wild_steps(run: Run) -> Iterator[Step]:
    """Every status and shape of a step."""
    at = run.created_at + timedelta(seconds=1)
    for number, name in enumerate((*NAMES, "embed/ja 日本")):
        moment = at + timedelta(milliseconds=100 * number)
        yield make_step(run, name, started_at=moment, ended_at=moment, output=Payload.of({"of": name}))
    for status in ("pending", "running", "failed", "skipped"):
        yield make_step(run, status, status, started_at=at if status != "pending" else None, error=MARKUP)
    yield make_step(run, "backwards", started_at=at, ended_at=at - timedelta(hours=1), output=Payload("null"))
    yield make_step(run, "deep", started_at=at, ended_at=at, output=DEEP)


def text_runs() -> Iterator[Run]:
    """What only SQLite's untyped TEXT can hold: every shape of time, ids without hyphens, broken JSON."""
    for text in TIMES:
        moment = Timestamp.read(text)
        yield make_run(f"time {text}", "completed", created_at=moment, started_at=moment, ended_at=moment)
    yield make_run("hex-id", "running", id=uuid.uuid4().hex)
    yield make_run("broken-json", "completed", input=Payload('{"a": '), output=Payload("not json"))
