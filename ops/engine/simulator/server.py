"""The engine's server without HTTP: the same questions, the same answers, the same gaps."""

import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from ops.engine.ddl import require_ours
from ops.engine.simulator import sql
from ops.engine.simulator.definitions import in_the_servers_form, max_attempts, wants
from ops.engine.simulator.formats import (
    SECOND,
    json_text,
    new_id,
    read_json,
    read_time_text,
    time_text,
)

Row = dict[str, Any]
HEARTBEAT_SECONDS = 300
MAX_LIMIT = 500
TIMES = {"timestamp", "created_at", "started_at", "ended_at"}
PAYLOADS = {"data", "input", "output"}


class NotFound(LookupError):
    """What the HTTP API answers with 404."""


class Server(ABC):
    """One engine server. Each statement is a transaction of its own, as in the engine."""

    extend_sql: str
    save_step_sql: str
    runs_sql: str

    def __init__(self, connection: BaseDatabaseWrapper, random: Random | None = None) -> None:
        require_ours(connection)
        self.connection = connection
        self.random = random or Random()  # noqa: S311 - ids of a simulation
        self.clock = time.time_ns

    # -- functions and events

    def register(self, definitions: Sequence[Mapping[str, Any]]) -> None:
        """Store definitions in the server's form; known ones are replaced."""
        for definition in definitions:
            now = time_text(self.clock())
            text = json_text(in_the_servers_form(definition))
            self.run(sql.REGISTER, [definition["id"], text, now, now])

    def functions(self) -> list[Any]:
        """All definitions that are JSON."""
        found = [read_json(row["definition"]) for row in self.ask(sql.DEFINITIONS)]
        return [definition for definition in found if definition is not None]

    def send(
        self, name: str, data: Any, *, idempotency_key: str | None = None, user_id: str | None = None
    ) -> Row:
        """Store an event, then a run for every function that wants it; a known key stores nothing.

        Not one transaction: a failure after the first statement leaves the event without its runs.
        """
        if idempotency_key is not None and (known := self.ask(sql.EVENT_WITH_KEY, [idempotency_key])):
            return self.sent(str(known[0]["id"]))
        now, payload = self.clock(), json_text(data)
        event_id = new_id(now, self.random)
        values = [event_id, name, payload, idempotency_key, time_text(now), user_id]
        self.run(sql.INSERT_EVENT, values)
        run_ids = [self.insert_run(definition, event_id, payload) for definition in self.matching(name)]
        return {"event_id": event_id, "run_ids": run_ids}

    def sent(self, event_id: str) -> Row:
        """The answer for an event that is there already."""
        rows = self.ask(sql.RUN_IDS_OF_EVENT, [event_id])
        return {"event_id": event_id, "run_ids": [str(row["id"]) for row in rows]}

    def matching(self, name: str) -> list[Any]:
        """The definitions with an event trigger of exactly this name."""
        found = [read_json(row["definition"]) for row in self.definitions_with_trigger(name)]
        return [definition for definition in found if wants(definition, name)]

    def insert_run(self, definition: Mapping[str, Any], event_id: str, payload: str) -> str:
        """Queue one run; its input is the event's data."""
        now = self.clock()
        run_id = new_id(now, self.random)
        limit = max_attempts(definition)
        self.run(sql.INSERT_RUN, [run_id, definition["id"], event_id, limit, payload, time_text(now)])
        return run_id

    # -- workers

    def lease(self, worker_id: str, *, limit: int = 10, seconds: int = 300) -> list[Row]:
        """Hand out the oldest due runs with their events and steps; runs it can't find again are lost."""
        ids = [canonical(run_id) for run_id in self.lease_ids(worker_id, limit, seconds)]
        rows = [row for run_id in ids if run_id for row in self.ask(sql.RUN_BY_ID, [run_id])]
        return [self.leased(self.answer(row)) for row in rows]

    def leased(self, run: Row) -> Row:
        """A run as a worker gets it."""
        names = ("id", "function_id", "event_id", "attempt", "max_attempts", "input")
        kept = {name: run[name] for name in names}
        steps = self.answers(sql.STEPS_OF_RUN, [run["id"]])
        return {**kept, "event": self.event(run["event_id"]), "cached_steps": steps}

    def heartbeat(self, worker_id: str, run_ids: Sequence[str]) -> None:
        """Extend the leases that the worker still has by five minutes from now."""
        until = time_text(self.clock() + HEARTBEAT_SECONDS * SECOND)
        self.run(self.extend_sql, {"until": until, "ids": self.id_list(run_ids), "worker": worker_id})

    def complete(self, run_id: str, output: Any) -> Row:
        """Completed, whatever it was before and whoever says so."""
        self.run(sql.COMPLETE, [json_text(output), time_text(self.clock()), run_id])
        return self.get_run(run_id)

    def fail(self, run_id: str, error: str, *, should_retry: bool = False) -> Row:
        """Failed, or back in the queue, whatever it was before and whoever says so."""
        if should_retry:
            self.run(sql.QUEUE_AGAIN, [error, run_id])
        else:
            self.run(sql.FAIL, [error, time_text(self.clock()), run_id])
        return self.get_run(run_id)

    def cancel(self, run_id: str) -> Row:
        """Cancelled if it was open; else as it is."""
        self.run(sql.CANCEL, [time_text(self.clock()), run_id])
        return self.get_run(run_id)

    def save_step(self, run_id: str, step_id: str, output: Any) -> Row:
        """Keep a step's output; NotFound when there is no row to keep it in."""
        self.get_run(run_id)
        now = time_text(self.clock())
        self.run(
            self.save_step_sql, {"run": run_id, "step": step_id, "output": json_text(output), "now": now}
        )
        return self.first(sql.STEP_BY_ID, [run_id, step_id], f"Step not found: {step_id} in run {run_id}")

    # -- questions

    def get_run(self, run_id: str) -> Row:
        return self.first(sql.RUN_BY_ID, [run_id], f"Run not found: {run_id}")

    def event(self, event_id: str) -> Row:
        return self.first(sql.EVENT_BY_ID, [event_id], f"Event not found: {event_id}")

    def steps(self, run_id: str) -> list[Row]:
        """The steps of a run, oldest row first; NotFound."""
        self.get_run(run_id)
        return self.answers(sql.STEPS_OF_RUN, [run_id])

    def runs(
        self,
        *,
        limit: int = 50,
        offset: int = 0,
        status: str | None = None,
        function_id: str | None = None,
        event_id: str | None = None,
    ) -> list[Row]:
        """Runs, newest first; a status that doesn't exist finds nothing."""
        values = {
            "status": status,
            "function_id": function_id,
            "event_id": event_id,
            "offset": max(0, offset),
        }
        return self.answers(self.runs_sql, {**values, "limit": clamped(limit)})

    def events(self, *, limit: int = 50, offset: int = 0, name: str | None = None) -> list[Row]:
        page = [clamped(limit), max(0, offset)]
        if name is None:
            return self.answers(sql.EVENTS, page)
        return self.answers(sql.EVENTS_BY_NAME, [name, *page])

    # -- the database

    def ask(self, question: str, values: Any = ()) -> list[Row]:
        """Rows as the driver gives them."""
        with self.connection.cursor() as cursor:
            cursor.execute(question, values)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def run(self, statement: str, values: Any) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values)

    def answers(self, question: str, values: Any) -> list[Row]:
        """Rows as the API answers them."""
        return [self.answer(row) for row in self.ask(question, values)]

    def first(self, question: str, values: Any, missing: str) -> Row:
        """The only row, or NotFound."""
        for row in self.answers(question, values):
            return row
        raise NotFound(missing)

    def answer(self, row: Row) -> Row:
        """Ids and times as text, payloads parsed."""
        return {name: spelled(name, value) for name, value in row.items()}

    def lease_times(self, seconds: int) -> dict[str, str]:
        """Now, and when a lease taken now ends."""
        now = self.clock()
        return {"now": time_text(now), "until": time_text(now + seconds * SECOND)}

    @abstractmethod
    def lease_ids(self, worker_id: str, limit: int, seconds: int) -> list[str]:
        """Make the oldest due runs the worker's."""

    @abstractmethod
    def definitions_with_trigger(self, name: str) -> list[Row]:
        """Rows of the functions table that may want the event."""

    @abstractmethod
    def id_list(self, ids: Sequence[str]) -> Any:
        """Ids as a parameter of `extend_sql`."""


def canonical(run_id: str) -> str | None:
    """The spelling by which the server looks for a run; None for what is no UUID."""
    try:
        return str(uuid.UUID(run_id))
    except ValueError:
        return None


def clamped(limit: int) -> int:
    """A limit as the server corrects it."""
    return min(max(1, limit), MAX_LIMIT)


def spelled(name: str, value: Any) -> Any:
    """One column as the API answers it."""
    if name in TIMES:
        return read_time_text(value)
    if name in PAYLOADS:
        return read_json(value)
    return str(value) if isinstance(value, uuid.UUID) else value
