"""What became of each item, written to items, counters and cursors in the transaction of the effect.

An item of which the verb says that a second try may well do it stays pending until the others are done.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from django.db import connection

from ops.audit.log import Change
from ops.jobs.models import Job

TRIED_AGAIN = "It was busy; it is tried again when the others are done."

# Of a cancel nearly all items come to the same, which costs a third of giving each its own.
KEEP_SAME = """
UPDATE ops_jobitem SET outcome = %s, reason = %s, result = %s, mark = %s
WHERE job_id = %s AND position >= %s AND position <= %s
"""
# One statement with one parameter: bound one by one, a thousand outcomes cost more than the effect itself.
KEEP_MANY = """
UPDATE ops_jobitem i SET outcome = v.outcome, reason = v.reason, result = v.result, mark = v.mark
FROM jsonb_to_recordset(%s) AS v(position int, outcome text, reason text, result text, mark text)
WHERE i.job_id = %s AND i.position = v.position
"""
KEPT = ("position", "outcome", "reason", "result", "mark")
# SQLite would read the whole job for that; there a statement costs next to nothing.
KEEP_ONE = """
UPDATE ops_jobitem SET outcome = %s, reason = %s, result = %s, mark = %s WHERE job_id = %s AND position = %s
"""

# What KEPT names.
Kept = tuple[int, str, str, str, str]


def keep(job: Job, positions: Sequence[int], changes: Sequence[Change]) -> None:
    """Write the outcomes to the items, and the counters and the cursor of this pass to the job."""
    is_second = job.cursor >= job.total
    kept = changes if is_second else [postponed(change) if change.again else change for change in changes]
    KEEPERS[connection.vendor](
        job.pk,
        [
            (position, change.outcome, change.reason, change.result, change.mark)
            for position, change in zip(positions, kept, strict=True)
        ],
    )
    counted = Counter(change.outcome for change in kept)
    for outcome in ("done", "skipped", "failed"):
        setattr(job, outcome, getattr(job, outcome) + counted[outcome])
    setattr(job, "second_cursor" if is_second else "cursor", positions[-1])
    job.save(update_fields=["done", "skipped", "failed", "cursor", "second_cursor"])


def postponed(change: Change) -> Change:
    """What the item says until its second try."""
    return replace(change, outcome="pending", reason=TRIED_AGAIN)


def keep_one_by_one(job: int, rows: Sequence[Kept]) -> None:
    """The outcomes on SQLite."""
    with connection.cursor() as cursor:
        cursor.executemany(KEEP_ONE, [(*told, job, position) for position, *told in rows])


def keep_at_once(job: int, rows: Sequence[Kept]) -> None:
    """The outcomes on PostgreSQL: what most came to in one statement, the rest in another."""
    usual, count = Counter(row[1:] for row in rows).most_common(1)[0]
    rest = rows
    with connection.cursor() as cursor:
        if count > len(rows) / 2 and is_one_range(rows):
            rest = [row for row in rows if row[1:] != usual]
            cursor.execute(KEEP_SAME, [*usual, job, rows[0][0], rows[-1][0]])
        if rest:
            cursor.execute(KEEP_MANY, [json.dumps([dict(zip(KEPT, row, strict=True)) for row in rest]), job])


def is_one_range(rows: Sequence[Kept]) -> bool:
    """Whether the rows leave out no position, as those of a second try do."""
    return rows[-1][0] - rows[0][0] == len(rows) - 1


KEEPERS = {"postgresql": keep_at_once, "sqlite": keep_one_by_one}
