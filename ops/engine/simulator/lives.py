"""The life of one run: its attempts, its steps, its end, as they would have happened."""

from random import Random
from typing import NamedTuple

from ops.engine.simulator.failures import NO_HANDLER
from ops.engine.simulator.formats import SECOND
from ops.engine.simulator.shop import Breakage, Function

MILLISECOND = SECOND // 1000
FAILS_AGAIN = 0.6


class StepLife(NamedTuple):
    """What is left of a step: the last time it was tried."""

    place: int
    status: str
    started: int
    ended: int
    error: str | None


class Life:
    """One run from its creation on; moments are nanoseconds."""

    __slots__ = (
        "attempt",
        "ended",
        "error",
        "function",
        "outage",
        "random",
        "run_after",
        "started",
        "status",
        "steps",
    )

    def __init__(
        self,
        function: Function,
        created: int,
        random: Random,
        failure_rate: float,
        outage: Breakage | None = None,
    ) -> None:
        self.function, self.random, self.outage = function, random, outage
        self.steps: list[StepLife] = []
        self.attempt, self.status = 0, "queued"
        self.error: str | None = None
        self.run_after = created + function.delay * SECOND if function.delay else None
        self.started = (self.run_after or created) + self.waiting()
        self.ended = self.go_through(self.started, failure_rate)

    def waiting(self) -> int:
        """How long until a worker asks."""
        return int((0.02 + self.random.expovariate(3)) * SECOND)

    def go_through(self, at: int, failure_rate: float) -> int:
        """Attempt after attempt until one succeeds or none is left; the moment of the end."""
        for attempt in range(1, self.function.max_attempts + 1):
            self.attempt = attempt
            at, broke = self.one_attempt(at, fails=self.random.random() < failure_rate)
            if not broke:
                self.status = "completed"
                return at
            failure_rate = max(failure_rate, FAILS_AGAIN)
            if attempt < self.function.max_attempts:
                at += self.pause(at)
        self.status = "failed"
        return at

    def one_attempt(self, at: int, *, fails: bool) -> tuple[int, bool]:
        """Do the steps that aren't done yet; when it ends and whether it broke."""
        done = sum(step.status == "completed" for step in self.steps)
        total = len(self.function.steps)
        broken = self.breakage(range(done, total)) if fails else None
        for index in range(done, broken.place if broken else total):
            at = self.keep(index, "completed", at)
        if broken:
            self.error = broken.fault.text
            at = self.keep(broken.place, "failed", at, broken.fault.seconds)
        elif not total:
            self.error = NO_HANDLER
        return at + 3 * MILLISECOND, broken is not None or not total

    def breakage(self, todo: range) -> Breakage | None:
        """How the attempt breaks; during an outage always in the same way."""
        if self.outage and self.outage.place in todo:
            return self.outage
        return self.function.breakage(todo, self.random)

    def keep(self, index: int, status: str, at: int, seconds: float | None = None) -> int:
        """Note one step, over what an earlier attempt left of it."""
        took = seconds or self.function.steps[index].seconds * (0.6 + self.random.expovariate(2.5))
        ended = at + int(took * SECOND)
        del self.steps[index:]
        self.steps.append(StepLife(index, status, at, ended, self.error if status == "failed" else None))
        return ended

    def pause(self, at: int) -> int:
        """Until the next attempt; a worker with the engine inside says when that may be."""
        if not self.function.embedded:
            return self.waiting()
        wait = int(2 ** (self.attempt - 1) * (1 + 0.25 * self.random.random()) * SECOND)
        self.run_after = at + wait
        return wait + self.waiting()

    def cut(self, now: int) -> None:
        """Forget what would happen after now."""
        if self.ended <= now:
            return
        if self.started > now:
            self.wait_in_queue()
        else:
            self.stop_at(now)

    def wait_in_queue(self) -> None:
        """No worker has had it yet."""
        self.status, self.attempt, self.error, self.steps = "queued", 0, None, []

    def stop_at(self, moment: int) -> None:
        """A worker has it and is in the middle of it at the moment."""
        self.status, self.attempt, self.error = "running", 1, None
        begun = [step for step in self.steps if step.started <= moment]
        self.steps = [step if step.ended <= moment else step._replace(status="running") for step in begun]
        self.steps = [step for step in self.steps if step.status != "failed"]

    def retry_at(self, moment: int) -> None:
        """Its first attempt failed; the second may begin at the moment."""
        self.steps = []
        self.one_attempt(self.started, fails=True)
        self.status, self.attempt, self.run_after = "queued", 1, moment

    def cancel(self, *, while_running: bool) -> None:
        """Somebody cancelled it before it was done."""
        self.status, self.error = "cancelled", None
        if while_running:
            self.ended = self.started + (self.ended - self.started) // 2
            self.attempt = 1
        else:
            self.ended = self.started - 1
            self.attempt = 0
        self.steps = [step for step in self.steps if step.ended <= self.ended and step.status == "completed"]
