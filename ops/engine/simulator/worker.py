"""A worker of the living engine: leases runs, does their steps, reports; or dies with them in its hands."""

import traceback
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from random import Random
from typing import Any

from django.db import IntegrityError

from ops.engine.simulator.agenda import Agenda, Plan
from ops.engine.simulator.embedded import EmbeddedWorker
from ops.engine.simulator.failures import Fault
from ops.engine.simulator.occasions import consequence
from ops.engine.simulator.outages import FAILURE_RATE, Outage
from ops.engine.simulator.server import NotFound, Row, Server
from ops.engine.simulator.shop import BY_ID, Breakage, Function, Step

SLOTS = 5
POLL_SECONDS = 1.0
HEARTBEAT_SECONDS = 60
# What a handler meets in data that isn't what it expects.
BAD_DATA = (LookupError, TypeError, AttributeError, ValueError)

Surely = Callable[[Callable[[], Any]], Any]


class Worker:
    """One worker process. `surely` repeats a call until the database answers; `down`: function → outage."""

    def __init__(
        self, name: str, server: Server, agenda: Agenda, surely: Surely, down: Mapping[str, Outage]
    ) -> None:
        self.name, self.server, self.agenda, self.surely, self.down = name, server, agenda, surely, down
        self.embedded = EmbeddedWorker(server)
        self.random: Random = server.random
        self.hands: dict[str, Plan] = {}
        self.alive = True

    def poll(self) -> Plan:
        """Lease as much as the worker has room for, again and again."""
        while self.alive:
            if len(self.hands) < SLOTS:
                self.lease()
            yield POLL_SECONDS * (0.75 + self.random.random() / 2)

    def beat(self) -> Plan:
        """Say that the runs in the worker's hands are still being worked on."""
        while self.alive:
            yield HEARTBEAT_SECONDS
            self.surely(lambda: self.server.heartbeat(self.name, list(self.hands)))

    def lease(self) -> None:
        """Take as many runs as the worker has hands free."""
        room = SLOTS - len(self.hands)
        for run in self.surely(lambda: self.server.lease(self.name, limit=room)):
            self.take(run)

    def take(self, run: Row) -> None:
        plan = self.work(run)
        self.hands[run["id"]] = plan
        self.agenda.add(plan)

    def adopt(self, run_ids: list[str]) -> None:
        """Go on with runs that an earlier process of the same name had."""
        for run_id in run_ids:
            self.take(self.surely(lambda: self.server.leased(self.server.get_run(run_id))))  # noqa: B023 - called at once

    def work(self, run: Row) -> Plan:
        """Do the run; silent from the moment the worker is dead."""
        try:
            yield from self.attempt(run)
        except (NotFound, IntegrityError):
            pass  # Somebody deleted the run.
        finally:
            self.hands.pop(run["id"], None)

    def attempt(self, run: Row) -> Plan:
        """One attempt: the steps that aren't done yet, then the report."""
        function = BY_ID.get(run["function_id"])
        if function is None or not function.steps:
            self.fail(run, function, f"No handler registered for function: {run['function_id']}")
            return
        done = {step["step_id"] for step in run["cached_steps"] if step["status"] == "completed"}
        todo = [place for place, step in enumerate(function.steps) if step.id not in done]
        broken = self.breakage(function, todo)
        for place in todo:
            fault = broken.fault if broken and broken.place == place else None
            error = yield from self.do(run, function, function.steps[place], fault)
            if not self.alive:
                return
            if error:
                self.fail(run, function, error)
                return
        self.complete(run, function)

    def breakage(self, function: Function, todo: Sequence[int]) -> Breakage | None:
        """How the attempt breaks, if it does; during an outage always in the same way."""
        outage = self.down.get(function.id)
        if self.random.random() >= (FAILURE_RATE if outage else function.failure_rate):
            return None
        if outage and outage.breakage.place in todo:
            return outage.breakage
        return function.breakage(todo, self.random)

    def do(
        self, run: Row, function: Function, step: Step, fault: Fault | None
    ) -> Generator[float, None, str]:
        """One step; its error, empty if it succeeds."""
        if function.embedded:
            self.surely(lambda: self.embedded.begin_step(run["id"], step.id))
        usual = step.seconds * (0.6 + self.random.expovariate(2.5))
        yield (fault and fault.seconds) or usual
        return self.end(run, function, step, fault) if self.alive else ""

    def end(self, run: Row, function: Function, step: Step, fault: Fault | None) -> str:
        """Report the step's output or error."""
        error = fault.text if fault else ""
        try:
            output = step.output(data_of(run, function), self.random)
        except BAD_DATA:
            error = traceback.format_exc()
        if error and function.embedded:
            self.surely(lambda: self.embedded.fail_step(run["id"], step.id, error))
        elif not error:
            self.surely(lambda: self.save(run["id"], step.id, output))
        return error

    def save(self, run_id: str, step_id: str, output: Any) -> None:
        """Keep the output; like the SDK, go on where the server has no row for it."""
        with suppress(NotFound):
            self.server.save_step(run_id, step_id, output)

    def complete(self, run: Row, function: Function) -> None:
        """Report the result, and send the event that follows from it."""
        try:
            data = data_of(run, function)
            output = function.result(data, self.random)
            follows = consequence(function.emits, data) if function.emits else None
        except BAD_DATA:
            self.fail(run, function, traceback.format_exc())
            return
        self.surely(lambda: self.server.complete(run["id"], output))
        if function.emits and follows:
            self.send(function.emits, *follows)

    def send(self, name: str, data: Any, key: str) -> None:
        """An event of the function's own."""
        self.surely(lambda: self.server.send(name, data, idempotency_key=key))

    def fail(self, run: Row, function: Function | None, error: str) -> None:
        """Report a failed attempt the way this kind of worker does."""
        attempt, most = run["attempt"], run["max_attempts"]
        if function and function.embedded:
            self.surely(lambda: self.embedded.fail(run["id"], error, attempt=attempt, max_attempts=most))
        else:
            self.surely(lambda: self.server.fail(run["id"], error, should_retry=attempt < most))


def data_of(run: Row, function: Function) -> Any:
    """What the function sees: the SDK reads the event, the engine inside a worker reads the run's input."""
    return run["input"] if function.embedded else run["event"]["data"]
