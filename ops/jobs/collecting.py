"""Freezing: copying the ids that match, with what they were at that moment, into a job's items."""

import json
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from ops.engine.ids import stored_form
from ops.jobs.models import Job, JobItem
from ops.operations import get_operation
from ops.targets import get_target

# What one transaction copies: on SQLite the engine waits while we write.
SLICE = {"postgresql": 50_000, "sqlite": 2_000}

INSERT = """
INSERT INTO ops_jobitem
    (job_id, position, target, seen_state, seen_group, seen_created_at, outcome, reason, result)
SELECT {job:d}, {total:d} + row_number() OVER (ORDER BY found.id DESC),
    CAST(found.id AS varchar(255)), found.seen_state, found.seen_group, found.created_at, 'pending', '', ''
FROM ({found}) AS found
"""


def collect_slice(job: Job) -> None:
    """Copy the next ids, in the open transaction that holds the job's row; `ready` after the last."""
    frontier = json.loads(job.frontier)
    copied, left = copy_given(job, frontier["ids"]) if "ids" in frontier else copy_matching(job, frontier)
    job.total += copied
    job.frontier = json.dumps(left)
    if job.total > settings.JOB_ITEMS_LIMIT:
        job.state, job.finished_at = Job.State.FAILED, timezone.now()
        job.explanation = f"More than {settings.JOB_ITEMS_LIMIT:,} match. Narrow the filter."
    elif not left:
        job.state = Job.State.READY
    job.save(update_fields=["total", "frontier", "state", "explanation", "finished_at"])


def copy_matching(job: Job, frontier: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Copy the next rows that match the filter; returns how many, and what is left."""
    target = get_target(get_operation(job.verb).model)
    values = target.filter(frontier["filter"]).checked()
    limit = SLICE[connection.vendor]
    copied = insert(job, target.matching(values, frontier.get("below"), limit))
    if copied < limit:
        return copied, {}
    lowest = JobItem.objects.values_list("target", flat=True).get(job=job, position=job.total + copied)
    return copied, frontier | {"below": lowest}


def insert(job: Job, rows: QuerySet[Any]) -> int:
    """One INSERT … SELECT: nothing travels through Python."""
    sql, parameters = rows.query.sql_with_params()
    statement = INSERT.format(job=job.pk, total=job.total, found=sql)
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


def copy_given(job: Job, ids: list[str]) -> tuple[int, dict[str, Any]]:
    """Copy ids that somebody named; those that don't exist become items too, and are skipped later."""
    now = [stored_form(pk) or pk for pk in ids[: SLICE["sqlite"]]]
    later = ids[SLICE["sqlite"] :]
    seen = {row["id"]: row for row in get_target(get_operation(job.verb).model).given(now)}
    items = [item_of(job, job.total + number, pk, seen.get(pk)) for number, pk in enumerate(now, 1)]
    JobItem.objects.bulk_create(items)
    return len(items), {"ids": later} if later else {}


def item_of(job: Job, position: int, pk: str, row: dict[str, Any] | None) -> JobItem:
    """The item of one named id."""
    row = row or {"seen_state": "", "seen_group": "", "created_at": None}
    return JobItem(
        job=job,
        position=position,
        target=pk,
        seen_state=row["seen_state"],
        seen_group=row["seen_group"],
        seen_created_at=row["created_at"],
    )
