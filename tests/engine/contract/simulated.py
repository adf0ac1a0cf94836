"""The simulator, on the test's own database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, connection

from ops.engine.simulator.server import NotFound
from ops.engine.simulator.servers import server_on
from tests.engine.contract.client import Refused, Row


@contextmanager
def refusals() -> Iterator[None]:
    """Errors as the HTTP API answers them."""
    try:
        yield
    except NotFound as error:
        raise Refused(404, str(error)) from error
    except DatabaseError as error:
        raise Refused(500, "Internal server error") from error


class SimulatedEngine:
    """`Engine` for the simulator."""

    def __init__(self) -> None:
        self.vendor = connection.vendor
        self.server = server_on(connection)

    def register(self, *definitions: Row) -> None:
        self.server.register(definitions)

    def functions(self) -> list[Any]:
        return self.server.functions()

    def send(self, name: str, data: Any, **more: str) -> Row:
        with refusals():
            return self.server.send(name, data, **more)

    def lease(self, worker: str, *, limit: int = 10, seconds: int = 300) -> list[Row]:
        return self.server.lease(worker, limit=limit, seconds=seconds)

    def heartbeat(self, worker: str, run_ids: Sequence[str]) -> None:
        self.server.heartbeat(worker, run_ids)

    def complete(self, run_id: str, output: Any) -> Row:
        with refusals():
            return self.server.complete(run_id, output)

    def fail(self, run_id: str, error: str, *, should_retry: bool = False) -> Row:
        with refusals():
            return self.server.fail(run_id, error, should_retry=should_retry)

    def cancel(self, run_id: str) -> Row:
        with refusals():
            return self.server.cancel(run_id)

    def save_step(self, run_id: str, step_id: str, output: Any) -> Row:
        with refusals():
            return self.server.save_step(run_id, step_id, output)

    def get_run(self, run_id: str) -> Row:
        with refusals():
            return self.server.get_run(run_id)

    def steps(self, run_id: str) -> list[Row]:
        with refusals():
            return self.server.steps(run_id)

    def event(self, event_id: str) -> Row:
        with refusals():
            return self.server.event(event_id)

    def runs(self, **filters: Any) -> list[Row]:
        return self.server.runs(**filters)

    def events(self, **filters: Any) -> list[Row]:
        return self.server.events(**filters)

    def look(self, question: str, *values: Any) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(question, values)
            return list(cursor.fetchall())

    def write(self, statement: str, *values: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
