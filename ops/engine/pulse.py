"""How the engine is doing: a few questions that its own partial indexes answer at any size.

They count to a limit and stop, so that a million stuck runs cost no more than ten thousand.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from ops.engine.statuses import IS_STUCK
from ops.engine.values import Timestamp

LIMIT = 10_000

# idx_runs_queue: created_at WHERE status = 'queued'; SQLite takes it when there are statistics.
# A run whose run_after lies ahead isn't waiting for a worker.
OLDEST_DUE = """
SELECT created_at, run_after FROM function_runs
WHERE status = 'queued' AND (run_after IS NULL OR run_after <= %s) ORDER BY created_at LIMIT 1
"""
# idx_runs_stale: locked_until WHERE status = 'running'.
STUCK = f"""
SELECT count(*), min(locked_until) FROM (
    SELECT locked_until FROM function_runs WHERE {IS_STUCK} ORDER BY locked_until LIMIT %s
) AS stuck
"""  # noqa: S608 - a constant of ours


@dataclass(frozen=True)
class Stuck:
    """Running runs whose lease has run out: how many, to LIMIT + 1, and since when the first."""

    count: int
    since: datetime | None


def oldest_due(connection: BaseDatabaseWrapper, *, now: datetime) -> datetime | None:
    """Since when the longest waiting queued run could have been leased; None when none waits."""
    row = ask(connection, OLDEST_DUE, key(connection, now))
    return max((Timestamp.read(value) for value in row or () if value is not None), default=None)


def stuck(connection: BaseDatabaseWrapper, *, now: datetime) -> Stuck:
    """The runs that no worker will ever finish by itself."""
    count, since = ask(connection, STUCK, key(connection, now), LIMIT + 1)
    return Stuck(count, None if since is None else Timestamp.read(since))


def ask(connection: BaseDatabaseWrapper, statement: str, *parameters: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchone()


def key(connection: BaseDatabaseWrapper, moment: datetime) -> Any:
    """The moment as the database compares it: times are text on SQLite."""
    return Timestamp.key_of(moment) if connection.vendor == "sqlite" else moment
