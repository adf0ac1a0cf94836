"""How a shop's traffic spreads over days and hours."""

from collections.abc import Iterator
from datetime import UTC, datetime

from ops.engine.simulator.formats import SECOND

HOUR = 3600 * SECOND
BY_HOUR = (3, 2, 2, 2, 2, 3, 5, 8, 11, 13, 14, 14, 13, 13, 14, 14, 13, 13, 14, 15, 14, 11, 8, 5)
WEEKEND = 0.65
SATURDAY = 5


def weight_of(hour: datetime) -> float:
    return BY_HOUR[hour.hour] * (WEEKEND if hour.weekday() >= SATURDAY else 1.0)


def weight_at(at: int) -> float:
    """How busy the moment's hour is."""
    return weight_of(datetime.fromtimestamp(at // SECOND, UTC))


def hours(now: int, days: int) -> list[tuple[int, float]]:
    """The hours of the last days, oldest first, the last one ending now, each with its weight."""
    starts = [now - back * HOUR for back in range(days * 24, 0, -1)]
    return [(start, weight_at(start)) for start in starts]


def quotas(now: int, days: int, total: int) -> Iterator[tuple[int, int]]:
    """Each hour's start and how many of the total shall have happened by its end."""
    slots = hours(now, days)
    whole = sum(weight for _, weight in slots)
    passed = 0.0
    for start, weight in slots:
        passed += weight
        yield start, round(total * passed / whole)
