"""What the contract suite asks of an engine, and how it looks into the engine's tables."""

from collections.abc import Sequence
from typing import Any, Protocol

Row = dict[str, Any]


class Refused(Exception):
    """The engine answered with an error status."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(f"{status} {message}")


class Engine(Protocol):
    """An engine: the real server over HTTP, or the simulator. Methods are its addresses."""

    vendor: str

    def register(self, *definitions: Row) -> None: ...
    def functions(self) -> list[Any]: ...
    def send(self, name: str, data: Any, **more: str) -> Row: ...
    def lease(self, worker: str, *, limit: int = 10, seconds: int = 300) -> list[Row]: ...
    def heartbeat(self, worker: str, run_ids: Sequence[str]) -> None: ...
    def complete(self, run_id: str, output: Any) -> Row: ...
    def fail(self, run_id: str, error: str, *, should_retry: bool = False) -> Row: ...
    def cancel(self, run_id: str) -> Row: ...
    def save_step(self, run_id: str, step_id: str, output: Any) -> Row: ...
    def get_run(self, run_id: str) -> Row: ...
    def steps(self, run_id: str) -> list[Row]: ...
    def event(self, event_id: str) -> Row: ...
    def runs(self, **filters: Any) -> list[Row]: ...
    def events(self, **filters: Any) -> list[Row]: ...

    def look(self, question: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of its database, as the driver gives them; parameters are %s."""

    def write(self, statement: str, *values: Any) -> None:
        """Change its database behind its back."""


def function(function_id: str, event: str = "order.placed", **more: Any) -> Row:
    """A definition with one event trigger."""
    return {"id": function_id, "name": "", "triggers": [{"type": "event", "name": event}], **more}


def one(engine: Engine, columns: str, run_id: str) -> tuple[Any, ...]:
    """Columns of one run, straight from the table."""
    (row,) = engine.look(f"SELECT {columns} FROM function_runs WHERE id = %s", run_id)  # noqa: S608 - a test's own words
    return row


def queued(engine: Engine, function_id: str = "charge-card", **more: Any) -> str:
    """A new queued run of a function."""
    engine.register(function(function_id, f"start.{function_id}", **more))
    return str(engine.send(f"start.{function_id}", {"order": 1})["run_ids"][0])


def leased(engine: Engine, worker: str = "worker-1", **more: Any) -> str:
    """A run that the worker has."""
    run_id = queued(engine, **more)
    assert [run["id"] for run in engine.lease(worker)] == [run_id]
    return run_id
