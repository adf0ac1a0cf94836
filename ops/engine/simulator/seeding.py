"""Fills an empty database with a past."""

import time
from contextlib import nullcontext
from random import Random

from django.db.backends.base.base import BaseDatabaseWrapper

from ops.engine.ddl import require_ours
from ops.engine.simulator.book import Book
from ops.engine.simulator.calendar import HOUR
from ops.engine.simulator.history import History, Progress
from ops.engine.simulator.loading import Loader, PipelinedLoader, gather_statistics, without_indexes
from ops.engine.simulator.scenes import Shares, play
from ops.engine.simulator.servers import server_on
from ops.engine.simulator.shop import FUNCTIONS

# From here on building the indexes afterwards is faster than keeping them.
LARGE = 200_000


class NotEmpty(Exception):
    """There are runs already."""


def seed(
    connection: BaseDatabaseWrapper,
    *,
    runs: int,
    days: int,
    seed: int = 1,
    lean: bool = False,
    now: int | None = None,
    progress: Progress = lambda _: None,
) -> int:
    """Write `runs` runs of the last `days` days and return their number; `lean`: small payloads."""
    require_ours(connection)
    require_empty(connection)
    now = time.time_ns() if now is None else now
    random = Random(seed)  # noqa: S311 - reproducible on purpose
    register_functions(connection, now - days * 24 * HOUR)
    large = runs >= LARGE
    with without_indexes(connection) if large else nullcontext():
        book = Book(loader(connection, large=large), random, lean=lean)
        shares = Shares.of(runs)
        history = History(book, random, now)
        history.ordinary_days(days, runs - sum(shares), progress)
        play(history, shares, days)
        book.close()
    gather_statistics(connection)
    return book.written


def loader(connection: BaseDatabaseWrapper, *, large: bool) -> Loader:
    """The fast one where it is worth a second connection."""
    return PipelinedLoader(connection) if large and connection.vendor == "postgresql" else Loader(connection)


def require_empty(connection: BaseDatabaseWrapper) -> None:
    """Raise NotEmpty if there is a run."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM function_runs)")
        if cursor.fetchone()[0]:
            raise NotEmpty("There are runs already; a past can only be made in an empty database.")


def register_functions(connection: BaseDatabaseWrapper, at: int) -> None:
    """The shop's functions, registered at the moment."""
    server = server_on(connection)
    server.clock = lambda: at
    server.register([function.definition() for function in FUNCTIONS])
