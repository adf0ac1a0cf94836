"""What the shop depends on and what goes wrong there every so often: in its past as in its present."""

from random import Random
from typing import NamedTuple

from ops.engine.simulator import failures as f
from ops.engine.simulator.formats import SECOND
from ops.engine.simulator.shop import (
    CHARGE_CARD,
    SEND_WELCOME_EMAIL,
    SYNC_CRM,
    UPDATE_SEARCH_INDEX,
    Breakage,
    Function,
)

FAILURE_RATE = 0.97
MINUTE = 60
LENGTH = 20 * MINUTE
# From the end of one to the beginning of the next.
PAUSE = 50 * MINUTE


class Outage(NamedTuple):
    """A function whose step fails while something is down, and the event that starts it."""

    function: Function
    breakage: Breakage
    event: str


OUTAGES = (
    Outage(SYNC_CRM, Breakage(0, f.READ_TIMEOUT), "user.updated"),
    Outage(CHARGE_CARD, Breakage(1, f.GATEWAY), "order.placed"),
    Outage(UPDATE_SEARCH_INDEX, Breakage(0, f.READ_ONLY), "product.updated"),
    Outage(SEND_WELCOME_EMAIL, Breakage(2, f.GREYLISTED), "user.signed_up"),
)
OF_THE_CRM = OUTAGES[0]


class Period(NamedTuple):
    """An outage and when it was, in nanoseconds."""

    begin: int
    end: int
    outage: Outage


def length(random: Random) -> float:
    """How many seconds an outage takes."""
    return LENGTH * (0.7 + 0.6 * random.random())


def pause(random: Random) -> float:
    """How many seconds pass until the next one."""
    return PAUSE * (0.6 + 0.8 * random.random())


def periods(begin: int, end: int, random: Random) -> list[Period]:
    """The outages between two moments."""
    found: list[Period] = []
    at = begin + int(pause(random) * SECOND)
    while (over := at + int(length(random) * SECOND)) < end:
        found.append(Period(at, over, random.choice(OUTAGES)))
        at = over + int(pause(random) * SECOND)
    return found
