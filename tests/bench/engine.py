"""An engine under full load, in a process of its own: a worker that leases and completes without pause."""

import multiprocessing
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from multiprocessing.connection import Connection
from typing import Any, Self

from tests.bench.stopwatch import at

FORK = multiprocessing.get_context("fork")
# What it has to do; older than every other run, so that it takes these first.
BACKLOG = 50_000
AGE = timedelta(days=30)


@dataclass(frozen=True)
class Load:
    """What the engine did: runs per second, and its statements in milliseconds."""

    rate: float
    lease: float
    lease_p99: float
    complete: float
    complete_p99: float
    longest: float

    def as_dict(self) -> dict[str, float]:
        """For JSON."""
        return asdict(self)


class BusyEngine:
    """The engine's own statements beside whatever the block does."""

    def __enter__(self) -> Self:
        from django.db import connections

        fill()
        connections.close_all()
        self.ours, theirs = FORK.Pipe()
        self.process = FORK.Process(target=lease_and_complete, args=(theirs,), daemon=True)
        self.process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.join()

    def load(self) -> Load:
        """What it did since the last call."""
        self.ours.send(None)
        found: dict[str, float] = self.ours.recv()
        return Load(**found)


def fill() -> None:
    """Queue the backlog."""
    from django.utils import timezone

    from tests.bench.cases import queued

    for _ in range(BACKLOG // 5_000):
        queued(5_000, at=timezone.now() - AGE)


def lease_and_complete(asked: Connection) -> None:
    """Ten runs at a time, as a worker polls, without a pause."""
    from django.db import connection

    from ops.engine.simulator.servers import server_on

    server = server_on(connection)
    times: dict[str, list[float]] = {"lease": [], "complete": []}
    began = time.perf_counter()
    while True:
        for run in timed(times["lease"], lambda: server.lease_ids("bench", 10, 300)):
            timed(times["complete"], lambda run=run: server.complete(run, {}))  # type: ignore[misc]
        if asked.poll(0):
            asked.recv()
            asked.send(load_of(times, time.perf_counter() - began).as_dict())
            times, began = {"lease": [], "complete": []}, time.perf_counter()


def timed(times: list[float], call: Callable[[], Any]) -> Any:
    """Its answer; how long it took is noted."""
    began = time.perf_counter()
    answer = call()
    times.append(time.perf_counter() - began)
    return answer


def load_of(times: dict[str, list[float]], seconds: float) -> Load:
    """The figures of a while."""
    leases, ends = times["lease"], times["complete"]
    return Load(
        len(ends) / seconds,
        at(leases, 50),
        at(leases, 99),
        at(ends, 50),
        at(ends, 99),
        at(leases + ends, 100),
    )
