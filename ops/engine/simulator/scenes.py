"""What an operator should find in the shop's past: an outage, a dead worker, a backlog, a lost function."""

from typing import NamedTuple, Self

from ops.engine.simulator.calendar import HOUR
from ops.engine.simulator.formats import SECOND
from ops.engine.simulator.history import SPIKE_BEGIN, SPIKE_END, History
from ops.engine.simulator.lives import Life
from ops.engine.simulator.occasions import BY_NAME
from ops.engine.simulator.shop import LEGACY_EXPORT, RESIZE_IMAGES

MINUTE = 60 * SECOND
DEAD_WORKER = "image-worker-2"
DIED = 38 * MINUTE  # ago
LONGEST_RETRY = 60
STILL_QUEUED = 3
ONE_RETRY_IN = 10


class Shares(NamedTuple):
    """How many of all runs each scene has."""

    outage: int
    dead_worker: int
    backlog: int
    lost_function: int

    @classmethod
    def of(cls, total: int) -> Self:
        """A small part of the whole, and never more than tells the story."""
        return cls(min(600, total // 100), min(12, total // 40), min(240, total // 20), min(33, total // 60))


def play(history: History, shares: Shares, days: int) -> None:
    outage(history, shares.outage)
    dead_worker(history, shares.dead_worker)
    backlog(history, shares.backlog)
    lost_function(history, shares.lost_function, days)


def outage(history: History, count: int) -> None:
    """The CRM times out for two hours while customers change their profiles."""
    for _ in range(count):
        at = history.now - history.random.randrange(SPIKE_END, SPIKE_BEGIN)
        history.happens(BY_NAME["user.updated"], at)


def dead_worker(history: History, count: int) -> None:
    """A worker died with runs in its hands: they stay running, nobody takes them."""
    for _ in range(count):
        at = history.now - DIED - history.random.randrange(5 * SECOND, 40 * SECOND)
        life = Life(RESIZE_IMAGES, at, history.random, 0)
        life.stop_at(life.steps[2].started)
        upload(history, life, at, DEAD_WORKER)


def backlog(history: History, count: int) -> None:
    """Photographs that nobody has looked at since; some wait for their second attempt."""
    for number in range(count):
        at = history.now - history.random.randrange(DIED - MINUTE)
        life = Life(RESIZE_IMAGES, at, history.random, 0)
        if number % ONE_RETRY_IN == 0:
            life.retry_at(history.now + history.random.randrange(LONGEST_RETRY * SECOND))
        else:
            life.wait_in_queue()
        upload(history, life, at)


def upload(history: History, life: Life, at: int, worker: str | None = None) -> None:
    """An uploaded photograph with the given run."""
    fact = history.fact(BY_NAME["image.uploaded"])
    event_id = history.book.event("image.uploaded", at, fact.text, fact.user_id)
    history.keep(life, event_id, at, fact, worker)


def lost_function(history: History, count: int, days: int) -> None:
    """Runs of a function that is not registered any more; the last ones are still queued."""
    for number in range(count):
        still_queued = number < STILL_QUEUED
        longest = HOUR if still_queued else days * 24 * HOUR
        at = history.now - MINUTE - history.random.randrange(longest)
        life = Life(LEGACY_EXPORT, at, history.random, 1)
        if still_queued:
            life.wait_in_queue()
        fact = history.fact(BY_NAME["export.requested"])
        event_id = history.book.event("export.requested", at, fact.text, fact.user_id)
        history.keep(life, event_id, at, fact)
