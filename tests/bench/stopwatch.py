"""Times of one question asked again and again: in the database, and in the whole server."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from math import nan
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from django.db import connection

ROUNDS = 15
WARM_UP = 3


@dataclass(frozen=True)
class Reading:
    """Milliseconds, median and 95th percentile; `sql` is the part spent in the database."""

    sql: float
    sql_p95: float
    total: float
    total_p95: float
    queries: int

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


class Clock:
    """Counts and times the queries while it is open."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.queries = 0

    def __call__(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        begun = perf_counter()
        try:
            return execute(*arguments)
        finally:
            self.seconds += perf_counter() - begun
            self.queries += 1


@contextmanager
def watched() -> Iterator[Clock]:
    """The clock of the block's queries."""
    clock = Clock()
    with connection.execute_wrapper(clock):
        yield clock


def measure(
    ask: Callable[[], object], *, rounds: int = ROUNDS, before: Callable[[], object] = int
) -> Reading:
    """Ask many times; `before` runs ahead of each time and isn't counted."""
    for _ in range(WARM_UP if rounds > WARM_UP else 0):
        before()
        ask()
    sql, total, queries = [], [], 0
    for _ in range(rounds):
        before()
        begun = perf_counter()
        with watched() as clock:
            ask()
        total.append((perf_counter() - begun) * 1000)
        sql.append(clock.seconds * 1000)
        queries = max(queries, clock.queries)
    return Reading(*spread(sql), *spread(total), queries)


def at(values: list[float], percent: int) -> float:
    """A percentile of seconds, in milliseconds; nan of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] * 1000 if ordered else nan


def spread(values: list[float]) -> tuple[float, float]:
    """Median and 95th percentile."""
    return median(values), quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]
