"""A living engine: traffic as in its past, retries, and every so often an outage or a worker that dies."""

import logging
import signal
import threading
import time
from collections.abc import Callable
from random import Random
from typing import Any

from django.db import InterfaceError, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

from ops.engine.simulator.agenda import Agenda, Plan
from ops.engine.simulator.calendar import weight_at
from ops.engine.simulator.occasions import BY_NAME, Occasion, any_occasion, happen
from ops.engine.simulator.outages import OUTAGES, Outage, length, pause
from ops.engine.simulator.pace import usual_pace
from ops.engine.simulator.servers import server_on
from ops.engine.simulator.shop import FUNCTIONS
from ops.engine.simulator.worker import Worker

logger = logging.getLogger(__name__)
PATIENCE = 1.0  # seconds between two tries while the database doesn't answer
FIRST_OUTAGE = 240.0
# During an outage and after it, so that it shows, and its end, also at night.
ONE_MORE_EVERY = 40.0
RECOVERY = 300.0
DEATH_EVERY = 3 * 3600.0
BURST = 8
DOOMED = 1.0  # seconds; less than any of its runs takes
GONE = 1500.0  # seconds until it is started again; a lease is good for 300
LEASED_BY = "SELECT id FROM function_runs WHERE status = 'running' AND locked_by = %s"


class Stopped(Exception):
    """Somebody said stop while the database didn't answer."""


class Live:
    """Server and workers on one connection, in one thread."""

    def __init__(
        self,
        connection: BaseDatabaseWrapper,
        *,
        rate: float | None = None,
        workers: int,
        random: Random | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.server = server_on(connection, random)
        self.random = self.server.random
        self.connection, self.rate = connection, rate
        self.agenda, self.stopping = Agenda(clock), threading.Event()
        self.down: dict[str, Outage] = {}
        self.usual = 0.0
        self.workers = [self.worker(f"shop-worker-{number}") for number in range(1, workers + 1)]

    def worker(self, name: str) -> Worker:
        """A worker that is not at work yet."""
        return Worker(name, self.server, self.agenda, self.surely, self.down)

    def stop(self) -> None:
        """Come to an end soon; may be called from a signal handler or another thread."""
        self.stopping.set()

    def run(self) -> None:
        """Until somebody says stop; then the workers finish what they have in their hands."""
        try:
            self.begin()
            while not self.stopping.is_set():
                self.stopping.wait(self.agenda.go_on())
            self.finish()
        except Stopped:
            logger.warning("Stopped while the database did not answer.")

    def begin(self) -> None:
        """Register the functions, go on with what these workers had, start everything else."""
        self.surely(lambda: self.server.register([function.definition() for function in FUNCTIONS]))
        for worker in self.workers:
            worker.adopt(self.leased_by(worker.name))
            self.agenda.add(worker.poll())
            self.agenda.add(worker.beat())
        self.usual = self.surely(lambda: usual_pace(self.server))
        for plan in (self.traffic(), self.outages(), self.dying()):
            self.agenda.add(plan)

    def leased_by(self, name: str) -> list[str]:
        """The runs that a worker of this name has, perhaps from an earlier life."""
        rows = self.surely(lambda: self.server.ask(LEASED_BY, [name]))
        return [str(row["id"]) for row in rows]

    def finish(self) -> None:
        """A worker that is told to stop does the rest of its runs, here without taking its time."""
        for worker in self.workers:
            for plan in list(worker.hands.values()):
                for _ in plan:
                    pass

    def traffic(self) -> Plan:
        """One event after the other."""
        while True:
            yield self.random.expovariate(self.events_per_second)
            self.send(any_occasion(self.random))

    @property
    def events_per_second(self) -> float:
        """As asked for, else as busy as the hour was in the past."""
        return self.rate or self.usual * weight_at(self.server.clock())

    def outages(self) -> Plan:
        """Something that the shop depends on is down for a while, and then for long it isn't."""
        yield FIRST_OUTAGE * (0.5 + self.random.random())
        while True:
            outage = self.random.choice(OUTAGES)
            self.down[outage.function.id] = outage
            yield from self.one_more_every(outage.event, length(self.random))
            del self.down[outage.function.id]
            yield from self.one_more_every(outage.event, RECOVERY)
            yield pause(self.random)

    def one_more_every(self, event: str, seconds: float) -> Plan:
        """A little more of one kind of event than usual, for some time."""
        for _ in range(int(seconds / ONE_MORE_EVERY)):
            yield ONE_MORE_EVERY
            self.send(BY_NAME[event])

    def dying(self) -> Plan:
        """A worker that takes some runs and isn't heard of until it is started again."""
        while True:
            yield DEATH_EVERY * (0.5 + self.random.random())
            for _ in range(BURST):
                self.send(BY_NAME["image.uploaded"])
            doomed = self.worker(f"spot-worker-{self.random.getrandbits(24):06x}")
            doomed.lease()
            yield DOOMED
            doomed.alive = False
            yield GONE
            self.worker(doomed.name).adopt(self.leased_by(doomed.name))

    def send(self, occasion: Occasion) -> None:
        data, user_id = happen(occasion, self.random)
        self.surely(lambda: self.server.send(occasion.name, data, user_id=user_id))

    def surely(self, call: Callable[[], Any]) -> Any:
        """Call again and again until the database answers; Stopped when somebody says stop meanwhile."""
        while True:
            try:
                return call()
            except (OperationalError, InterfaceError) as error:
                logger.warning("The database did not answer: %s", error)
                self.connection.close()
            if self.stopping.wait(PATIENCE):
                raise Stopped


def stop_on_signals(live: Live) -> None:
    """SIGTERM and Ctrl-C end the traffic."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: live.stop())
