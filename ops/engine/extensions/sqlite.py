"""Making and dropping objects on SQLite, where the engine waits while we write."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import sleep

from django.db.backends.base.base import BaseDatabaseWrapper

from ops.engine.extensions.extension import Extension, Part
from ops.engine.extensions.patience import Say, execute, patiently

REST = 0.05  # without a pause between two writes the engine starves
MANY = 200_000  # about a second
LAST_ROW = {
    "events": "SELECT max(rowid) FROM events",
    "function_runs": "SELECT max(rowid) FROM function_runs",
}
# Not with an analysis_limit: its rougher statistics leave the lease with the wrong index.
STATISTICS = ("ANALYZE events", "ANALYZE function_runs")
NO_STATISTICS = ("DROP TABLE IF EXISTS sqlite_stat1", "DROP TABLE IF EXISTS sqlite_stat4")


@contextmanager
def alone(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """The write lock lets in one at a time."""
    yield


def make(part: Part, extension: Extension, connection: BaseDatabaseWrapper, say: Say) -> None:
    """Replace the object in one transaction, so that there is never none."""
    if part.kind == "index":
        warn_of_waiting(part, connection, say)
    patiently(connection, [*drops(part), part.create], say)
    sleep(REST)


def warn_of_waiting(part: Part, connection: BaseDatabaseWrapper, say: Say) -> None:
    """Say so when building takes longer than the engine waits for a lock before it answers errors."""
    rows = int(str(execute(connection, LAST_ROW[part.table]) or 0))
    if rows > MANY:
        say(f"{part.table} has {rows:,} rows: the engine can't write while they are indexed; stop it first")


def drop(part: Part, connection: BaseDatabaseWrapper, say: Say) -> None:
    patiently(connection, drops(part), say)
    sleep(REST)


def drops(part: Part) -> tuple[str, ...]:
    """The statement that drops an object."""
    return (f"DROP {part.kind.upper()} IF EXISTS {part.identity}",)


def after_making(parts: Sequence[Part], connection: BaseDatabaseWrapper, say: Say) -> None:
    """Without statistics a new index makes the engine's own lease sort the whole queue."""
    run_if_indexes(parts, STATISTICS, connection, say)


def after_dropping(parts: Sequence[Part], connection: BaseDatabaseWrapper, say: Say) -> None:
    """Nothing but our indexes takes statistics: the engine never does."""
    run_if_indexes(parts, NO_STATISTICS, connection, say)


def run_if_indexes(
    parts: Sequence[Part], statements: Sequence[str], connection: BaseDatabaseWrapper, say: Say
) -> None:
    """Each statement in a transaction of its own, when an index is among the parts."""
    if any(part.kind == "index" for part in parts):
        for statement in statements:
            patiently(connection, [statement], say)
            sleep(REST)


def script_to_make(extension: Extension) -> Iterator[str]:
    """What `install` runs, for a person who runs it by hand."""
    parts = extension.parts("sqlite")
    for part in parts:
        yield from drops(part)
        yield part.create
    if any(part.kind == "index" for part in parts):
        yield from STATISTICS


def script_to_drop(extension: Extension) -> Iterator[str]:
    """What `remove` runs."""
    parts = extension.parts("sqlite")
    for part in reversed(parts):
        yield from drops(part)
    if any(part.kind == "index" for part in parts):
        yield from NO_STATISTICS
