"""Invents the shop's past: the same rows for the same seed and moment, exactly as many runs as asked for."""

from bisect import bisect_right
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from ops.engine.simulator.book import Book
from ops.engine.simulator.calendar import HOUR, quotas
from ops.engine.simulator.formats import json_text
from ops.engine.simulator.lives import MILLISECOND, Life
from ops.engine.simulator.occasions import BY_NAME, OCCASIONS, Occasion, any_occasion, consequence, happen
from ops.engine.simulator.outages import FAILURE_RATE, OF_THE_CRM, Outage, Period, periods
from ops.engine.simulator.shop import Function, started_by

WORKERS = tuple(f"shop-worker-{number}" for number in range(1, 5))
SPIKE_BEGIN, SPIKE_END = 3 * HOUR, 1 * HOUR  # ago: the CRM didn't answer in between
CALM = 5 * HOUR  # before now nothing else went wrong: it is the outage of the CRM that has to be found
CANCELLED = 0.004
WHILE_RUNNING = 0.4
# An order starts charge-card and score-fraud and, once paid, generate-invoice: more than any other event.
MOST_RUNS = 3
SINGLE = BY_NAME["product.updated"]
POOL = 16

Progress = Callable[[int], None]


class Fact(NamedTuple):
    """What an event is about."""

    data: Any
    text: str
    user_id: str


class History:
    """Writes one past into a book."""

    def __init__(self, book: Book, random: Random, now: int) -> None:
        self.book, self.random, self.now = book, random, now
        self.runs = 0
        self.outages: list[Period] = []
        self.pool = {one.name: self.small_facts(one) for one in OCCASIONS} if book.lean else {}

    def small_facts(self, occasion: Occasion) -> list[Fact]:
        """A few events with tiny payloads to choose from, where speed and size matter more than sense."""
        invented = [happen(occasion, self.random) for _ in range(POOL)]
        return [Fact(data, f'{{"n":{n}}}', user) for n, (data, user) in enumerate(invented)]

    def fact(self, occasion: Occasion) -> Fact:
        """What a new event of this kind is about."""
        if self.book.lean:
            return self.random.choice(self.pool[occasion.name])
        data, user_id = happen(occasion, self.random)
        return Fact(data, json_text(data), user_id)

    def ordinary_days(self, days: int, total: int, progress: Progress) -> None:
        """Events by the daily rhythm until exactly `total` runs have come of them."""
        self.outages = [
            *periods(self.now - days * 24 * HOUR, self.now - CALM, self.random),
            Period(self.now - SPIKE_BEGIN, self.now - SPIKE_END, OF_THE_CRM),
        ]
        for start, quota in quotas(self.now, days, total):
            while self.runs < quota:
                roomy = total - self.runs >= MOST_RUNS
                occasion = any_occasion(self.random) if roomy else SINGLE
                self.happens(occasion, start + int(self.random.random() * HOUR))
            progress(self.runs)

    def happens(self, occasion: Occasion, at: int) -> None:
        """One event and all that comes of it."""
        fact = self.fact(occasion)
        event_id = self.book.event(occasion.name, at, fact.text, fact.user_id)
        self.start(started_by(occasion.name), event_id, at, fact)

    def start(self, functions: tuple[Function, ...], event_id: str, at: int, fact: Fact) -> None:
        for function in functions:
            at += MILLISECOND
            life = self.lived(function, at)
            self.keep(life, event_id, at, fact)
            if function.emits and life.status == "completed":
                self.follows(function.emits, life.ended, fact)

    def lived(self, function: Function, at: int) -> Life:
        """How a run of the function goes that is created at the moment."""
        outage = self.outage_at(function, at)
        rate = FAILURE_RATE if outage else function.failure_rate
        life = Life(function, at, self.random, rate, outage and outage.breakage)
        if self.random.random() < CANCELLED:
            life.cancel(while_running=self.random.random() < WHILE_RUNNING)
        life.cut(self.now)
        return life

    def outage_at(self, function: Function, at: int) -> Outage | None:
        """What was down at the moment that the function needs."""
        number = bisect_right(self.outages, at, key=lambda period: period.begin) - 1
        found = self.outages[number] if number >= 0 else None
        return found.outage if found and at < found.end and found.outage.function is function else None

    def keep(self, life: Life, event_id: str, at: int, fact: Fact, worker: str | None = None) -> None:
        worker = worker or self.random.choice(WORKERS)
        self.book.run(life, event_id, at, fact.data, fact.text, worker)
        self.runs += 1

    def follows(self, name: str, at: int, fact: Fact) -> None:
        """The event that a function sends when it is done, and what comes of that."""
        data, key = consequence(name, fact.data)
        text = fact.text if self.book.lean else json_text(data)
        unique = None if self.book.lean else key
        event_id = self.book.event(name, at, text, fact.user_id, unique)
        self.start(started_by(name), event_id, at, Fact(data, text, fact.user_id))
