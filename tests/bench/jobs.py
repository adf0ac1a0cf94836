"""Figures of jobs, on the database that CONSOLE_DATABASE_URL names and `simulate seed` has filled.

`python -m tests.bench.jobs` prints them as a table. Wall time depends on what else the machine does; the time
that this process spent computing doesn't.
"""

import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Self

SAMPLE = int(os.environ.get("BENCH_JOB", "20000"))
FORK = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Figures:
    """What one job cost."""

    what: str
    goal: str
    items: int
    wall: float
    computing: float
    chunks: list[float]
    engine: dict[str, list[float]]

    @property
    def row(self) -> str:
        """As a line of the table."""
        chunks = f"{at(self.chunks, 50):.0f} / {at(self.chunks, 99):.0f}"
        leases = f"{at(self.engine['lease'], 50):.1f} / {at(self.engine['lease'], 99):.1f}"
        ends = f"{at(self.engine['complete'], 50):.1f} / {at(self.engine['complete'], 99):.1f}"
        rate, cost = self.items / self.wall, self.computing / self.items * 1e6
        return f"| {self.what} | {self.goal} | {rate:,.0f} | {cost:.0f} | {chunks} | {leases} | {ends} |"


HEAD = (
    "| job | goal, items/s | items/s | µs computing per item | chunk p50 / p99 ms | lease p50 / p99 ms"
    " | complete p50 / p99 ms |\n| --- | --- | --- | --- | --- | --- | --- |"
)


def at(values: list[float], percent: int) -> float:
    """A percentile in milliseconds; nan of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] * 1000 if ordered else float("nan")


class Engine:
    """A worker of the engine beside the job: how long its statements take."""

    def __enter__(self) -> Self:
        from django.db import connections

        connections.close_all()
        self.ours, theirs = FORK.Pipe()
        self.process = FORK.Process(target=lease_and_complete, args=(theirs,), daemon=True)
        self.process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()

    def readings(self) -> dict[str, list[float]]:
        """What was measured since the last call."""
        self.ours.send(None)
        found: dict[str, list[float]] = self.ours.recv()
        return found


def lease_and_complete(asked: Connection) -> None:
    """One run after the other, forty a second at most."""
    from django.db import connection

    from ops.engine.simulator.servers import server_on

    server = server_on(connection)
    times: dict[str, list[float]] = {"lease": [], "complete": []}
    while True:
        runs = timed(times["lease"], lambda: server.lease("bench", limit=1))
        for run in runs:
            timed(times["complete"], lambda run=run: server.complete(run["id"], {}))  # type: ignore[misc]
        if asked.poll(0.025):
            asked.recv()
            asked.send(times)
            times = {"lease": [], "complete": []}


def timed(times: list[float], call: Callable[[], Any]) -> Any:
    """Its answer; how long it took is noted."""
    began = time.perf_counter()
    answer = call()
    times.append(time.perf_counter() - began)
    return answer


class Bench:
    """Jobs one after the other by one operator."""

    def __init__(self, engine: Engine) -> None:
        from django.contrib.auth.models import User

        from ops.actors import Actor

        self.engine = engine
        self.actor = Actor(user=User.objects.get(username="operator"), door="command")

    def run(self) -> list[Figures]:
        """Freeze, replay without and with steps, cancel, at full speed and calmly."""
        from ops.jobs import control
        from ops.targets import get_target

        target = get_target("runs.run")
        time.sleep(5)
        found = [Figures("none", "", 1, 1.0, 0.0, [], self.engine.readings())]
        everything = target.frozen({}, everything=True)
        found.append(
            self.work(self.create("runs.replay", matching=everything), "freeze every run", "100,000")
        )
        failed = list(target.matching(target.filter({"state": ["failed"]}).checked(), None, SAMPLE))
        ids = [row["id"] for row in failed]
        for mode, goal, duty in (("start", "10,000", 100), ("failed-step", "6,000", 100), ("start", "", 50)):
            job = self.create("runs.replay", ids=ids, parameters={"mode": mode})
            self.work(job, "", "")
            found.append(self.started(job, f"replay ({mode}), duty {duty}", goal, duty))
            back = control.undo(job, actor=self.actor).pk
            self.work(back, "", "")
            found.append(
                self.started(back, f"cancel, duty {duty}", "15,000" if duty == 100 else "8,000", duty)
            )
        return found

    def create(self, verb: str, **whom: Any) -> int:
        """A job that is to be collected."""
        from ops.jobs import control

        return control.create(verb, actor=self.actor, source="bench", **whom).pk

    def started(self, pk: int, what: str, goal: str, duty: int) -> Figures:
        """Confirmed and worked off."""
        from ops.jobs import control

        control.pace(pk, actor=self.actor, duty=duty, feed=None)
        total = control.get(pk).total
        control.confirm(pk, actor=self.actor, reason="bench", typed=str(total))
        return self.work(pk, what, goal)

    def work(self, pk: int, what: str, goal: str) -> Figures:
        """Until there is nothing more to do for now."""
        from ops.jobs import leasing, working
        from ops.jobs.control import get

        self.engine.readings()
        owner, chunks = leasing.claim(pk, None), []
        began, computed = time.perf_counter(), time.process_time()
        rest: float | None = 0.0
        while rest is not None:
            time.sleep(rest)
            chunk = time.perf_counter()
            rest = working.turn(pk, owner)
            chunks.append(time.perf_counter() - chunk)
        wall, computing = time.perf_counter() - began, time.process_time() - computed
        leasing.release(pk, owner)
        return Figures(what, goal, max(1, get(pk).total), wall, computing, chunks, self.engine.readings())


def main() -> None:
    """The table."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    import django

    django.setup()
    with Engine() as engine:
        rows = [figures.row for figures in Bench(engine).run()]
    sys.stdout.write("\n".join([HEAD, *rows]) + "\n")


if __name__ == "__main__":
    main()
