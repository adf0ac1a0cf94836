"""The real engine's server: a process of the tests' own, on a database of its own, over HTTP."""

import json
import os
import socket
import sqlite3
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode

from django.db import connection

from tests.engine.contract.client import Refused, Row
from tests.engine.databases import fresh_database

EMPTY = ("step_runs", "function_runs", "events", "functions")


class RealEngine:
    """`Engine` for a running server."""

    def __init__(self, address: str, vendor: str, database: Any) -> None:
        self.address, self.vendor, self.database = address, vendor, database

    def call(self, path: str, body: Any = None) -> Any:
        """GET, or POST when there is a body; Refused for an error status."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.address + path, data, headers)  # noqa: S310 - our own server
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - our own server
                return json.load(answer)
        except HTTPError as error:
            raise Refused(error.code, error.read().decode()) from error

    def register(self, *definitions: Row) -> None:
        self.call("/functions", {"functions": definitions})

    def functions(self) -> list[Any]:
        return list(self.call("/functions"))

    def send(self, name: str, data: Any, **more: str) -> Row:
        return dict(self.call("/events", {"name": name, "data": data, **more}))

    def lease(self, worker: str, *, limit: int = 10, seconds: int = 300) -> list[Row]:
        body = {"worker_id": worker, "limit": limit, "lease_duration_secs": seconds}
        return list(self.call("/worker/lease-runs", body)["runs"])

    def heartbeat(self, worker: str, run_ids: Sequence[str]) -> None:
        self.call("/worker/heartbeat", {"worker_id": worker, "run_ids": list(run_ids)})

    def complete(self, run_id: str, output: Any) -> Row:
        return dict(self.call(f"/runs/{run_id}/complete", {"output": output}))

    def fail(self, run_id: str, error: str, *, should_retry: bool = False) -> Row:
        return dict(self.call(f"/runs/{run_id}/fail", {"error": error, "should_retry": should_retry}))

    def cancel(self, run_id: str) -> Row:
        return dict(self.call(f"/runs/{run_id}/cancel", {}))

    def save_step(self, run_id: str, step_id: str, output: Any) -> Row:
        return dict(self.call(f"/runs/{run_id}/steps/{quote(step_id, safe='')}", {"output": output}))

    def get_run(self, run_id: str) -> Row:
        return dict(self.call(f"/runs/{run_id}"))

    def steps(self, run_id: str) -> list[Row]:
        return list(self.call(f"/runs/{run_id}/steps"))

    def event(self, event_id: str) -> Row:
        return dict(self.call(f"/events/{event_id}"))

    def runs(self, **filters: Any) -> list[Row]:
        return list(self.call(f"/runs?{urlencode(filters)}"))

    def events(self, **filters: Any) -> list[Row]:
        return list(self.call(f"/events?{urlencode(filters)}"))

    def look(self, question: str, *values: Any) -> list[tuple[Any, ...]]:
        return list(self.database.execute(self.spelled(question), values).fetchall())

    def write(self, statement: str, *values: Any) -> None:
        self.database.execute(self.spelled(statement), values)

    def spelled(self, statement: str) -> str:
        """Placeholders as the database's own driver has them."""
        return statement.replace("%s", "?") if self.vendor == "sqlite" else statement

    def empty(self) -> None:
        """Forget everything, between two tests."""
        for table in EMPTY:
            self.write(f"DELETE FROM {table}")  # noqa: S608 - a constant


@contextmanager
def real_engine(binary: str, folder: Path) -> Iterator[RealEngine]:
    """Start the server on an empty database of the kind that the tests run on."""
    kind = on_sqlite if connection.vendor == "sqlite" else on_postgresql
    with kind(binary, folder) as engine:
        yield engine


@contextmanager
def on_sqlite(binary: str, folder: Path) -> Iterator[RealEngine]:
    path = folder / "engine.sqlite3"
    with (
        running(binary, folder, {"TYPE": "sqlite", "PATH": str(path)}) as address,
        closing(sqlite3.connect(path, isolation_level=None, timeout=20)) as database,
    ):
        database.execute("PRAGMA foreign_keys=ON")
        yield RealEngine(address, "sqlite", database)


@contextmanager
def on_postgresql(binary: str, folder: Path) -> Iterator[RealEngine]:
    with fresh_database("contract") as database:
        named = {"TYPE": "postgres", "URL": url(database.info.dbname)}
        with running(binary, folder, named) as address:
            yield RealEngine(address, "postgresql", database)


def url(name: str) -> str:
    """A database's address as the engine reads it; a socket's folder goes into the query."""
    known = connection.get_connection_params()
    login = quote(known.get("user") or "") + (f":{quote(known['password'])}" if known.get("password") else "")
    host = known.get("host") or "localhost"
    port = known.get("port") or 5432
    if host.startswith("/"):
        return f"postgres://{login}@localhost/{name}?host={quote(host, safe='')}&port={port}"
    return f"postgres://{login}@{host}:{port}/{name}"


@contextmanager
def running(binary: str, folder: Path, database: dict[str, str]) -> Iterator[str]:
    """The server's process on a free port, until the end of the block."""
    port = free_port()
    named = {f"CHOREO__DATABASE__{key}": value for key, value in database.items()}
    server = {"CHOREO__SERVER__HOST": "127.0.0.1", "CHOREO__SERVER__PORT": str(port)}
    log = folder / "engine.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(  # noqa: S603 - the binary that CHOREO_BIN names
            [binary], env={"PATH": os.environ["PATH"], **named, **server}, stdout=output, stderr=output
        ) as process,
    ):
        try:
            wait_until_healthy(f"http://127.0.0.1:{port}", process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_healthy(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until /health answers; its log if it ends or stays silent."""
    for _ in range(200):
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=1):  # noqa: S310 - our own server
                return
        except URLError:
            if process.poll() is not None:
                break
            time.sleep(0.05)
    raise RuntimeError(f"The engine did not start:\n{log.read_text(errors='replace')}")
