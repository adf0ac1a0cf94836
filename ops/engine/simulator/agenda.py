"""Many things that go on at once, in one thread: each says how long it wants to wait before it goes on."""

import heapq
import itertools
from collections.abc import Callable, Generator

Plan = Generator[float, None, None]
LONGEST_SLEEP = 0.5


class Agenda:
    """Plans, and when each goes on; `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.waiting: list[tuple[float, int, Plan]] = []
        self.numbers = itertools.count()

    def add(self, plan: Plan, delay: float = 0) -> None:
        """Let a plan go on after `delay` seconds."""
        heapq.heappush(self.waiting, (self.clock() + delay, next(self.numbers), plan))

    def go_on(self) -> float:
        """Let the next plan go on if it is time; returns the seconds to sleep before the next call."""
        if not self.waiting:
            return LONGEST_SLEEP
        due, _, plan = self.waiting[0]
        wait = due - self.clock()
        if wait > 0:
            return min(wait, LONGEST_SLEEP)
        heapq.heappop(self.waiting)
        for delay in itertools.islice(plan, 1):
            self.add(plan, delay)
        return 0
