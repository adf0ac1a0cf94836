"""What workers did to the runs of a job since its list was frozen."""

from collections.abc import Iterator

from django.db import connection

from ops.engine import statuses
from runs.states import State, Status, status_of

LOOKED_AT = 100_000

# Looked up one by one: PostgreSQL would rather read the whole table of runs than join a few thousand.
DRIFT = """
SELECT seen_state, status, count(*) FROM (
    SELECT i.seen_state, (SELECT r.status FROM function_runs r WHERE r.id = {target}) AS status
    FROM ops_jobitem i WHERE i.job_id = %s AND i.position > %s AND i.position <= %s AND i.seen_state <> ''
) AS seen GROUP BY seen_state, status
"""
# What somebody named and no run has was never seen in a state; the CASE keeps it from being read as a UUID.
TARGET = {
    "postgresql": "CASE WHEN i.seen_state <> '' THEN CAST(i.target AS uuid) END",
    "sqlite": "i.target",
}


def drift(job: int, cursor: int) -> Iterator[str]:
    """Sentences about the items after the cursor, at most a hundred thousand of them."""
    with connection.cursor() as rows:
        rows.execute(DRIFT.format(target=TARGET[connection.vendor]), [job, cursor, cursor + LOOKED_AT])
        found = rows.fetchall()
    looked_at = sum(count for _, _, count in found)
    for counts, text in (
        (ended(found), "have ended"),
        (taken(found), "were taken by a worker"),
        (requeued(found), "went back to the queue"),
        (gone(found), "are gone"),
    ):
        if counts:
            yield f"{counts:,} of {looked_at:,} {text}."


Rows = list[tuple[str, str | None, int]]


def ended(found: Rows) -> int:
    """Open when frozen, ended now."""
    return sum(n for seen, now, n in found if is_open(seen) and now is not None and now not in Status.open())


def taken(found: Rows) -> int:
    """Queued when frozen, running now."""
    return sum(n for seen, now, n in found if seen == State.QUEUED and now == Status.RUNNING)


def requeued(found: Rows) -> int:
    """Ended or running when frozen, queued now."""
    return sum(n for seen, now, n in found if seen not in {State.QUEUED, State.HELD} and now == Status.QUEUED)


def gone(found: Rows) -> int:
    """Not in the database any more."""
    return sum(n for _, now, n in found if now is None)


def is_open(state: str) -> bool:
    """Whether the state is one from which a run goes on."""
    return status_of(state) in statuses.OPEN
