"""Freezing: copying the ids that match, with what they were at that moment, into a job's items."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from ops.jobs import successors
from ops.jobs.models import Job, JobItem
from ops.operations.operation import get_operation
from ops.operations.targets import get_target

# What one transaction copies: on SQLite the engine waits while we write.
SLICE = {"postgresql": 50_000, "sqlite": 2_000}

INTO = """
INSERT INTO ops_jobitem
    (job_id, position, target, seen_state, seen_group, seen_created_at, outcome, reason, result, expected)
"""
MATCHING = (
    INTO
    + """
SELECT {job:d}, {total:d} + row_number() OVER (ORDER BY found.id DESC),
    CAST(found.id AS varchar(255)), found.seen_state, found.seen_group, {seen_at}, 'pending', '', '', ''
FROM ({found}) AS found
"""
)
# What somebody named and nobody finds becomes an item too, and is skipped later.
GIVEN = (
    INTO
    + """
SELECT {job:d}, {total:d} + given.number, given.id,
    coalesce(found.seen_state, ''), coalesce(found.seen_group, ''), {seen_at}, 'pending', given.reason, '',
    given.expected
FROM ({given}) AS given LEFT JOIN ({found}) AS found ON {same}
"""
)
# A cast would hide the index from SQLite, which would then compare every id with every other.
SAME = {"postgresql": "CAST(found.id AS varchar(255)) = given.id", "sqlite": "found.id = given.id"}
IDS = {
    "postgresql": (
        "SELECT ordinality AS number, value->>0 AS id, value->>1 AS expected, value->>2 AS reason"
        " FROM jsonb_array_elements(%s) WITH ORDINALITY"
    ),
    "sqlite": (
        "SELECT key + 1 AS number, value->>0 AS id, value->>1 AS expected, value->>2 AS reason"
        " FROM json_each(%s)"
    ),
}
# The engine's text and Django's sort differently on SQLite: one has a T between day and hour.
SEEN_AT = {
    "postgresql": "found.created_at",
    "sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', found.created_at)",
}


def collect_slice(job: Job) -> None:
    """Copy the next ids, in the open transaction that holds the job's row; `ready` after the last."""
    copied, left = copy(job, json.loads(job.frontier))
    job.total += copied
    job.frontier = json.dumps(left)
    if job.total > settings.JOB_ITEMS_LIMIT:
        job.state, job.finished_at = Job.State.FAILED, timezone.now()
        job.explanation = f"More than {settings.JOB_ITEMS_LIMIT:,} match. Narrow the filter."
    elif not left:
        job.state = Job.State.READY
    job.save(update_fields=["total", "frontier", "state", "explanation", "finished_at"])


def copy(job: Job, frontier: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Copy the next slice; returns how many, and what is left."""
    if "ids" in frontier:
        return copy_given(job, frontier["ids"])
    return copy_items(job, frontier) if "items_of" in frontier else copy_matching(job, frontier)


def copy_matching(job: Job, frontier: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """The next rows that match the filter."""
    target = get_target(get_operation(job.verb).model)
    values = target.filter(frontier["filter"]).checked()
    limit = SLICE[connection.vendor]
    found, parameters = target.matching(values, frontier.get("below"), limit).query.sql_with_params()
    copied = insert(MATCHING, job, parameters, found=found)
    if copied < limit:
        return copied, {}
    lowest = JobItem.objects.values_list("target", flat=True).get(job=job, position=job.total + copied)
    return copied, frontier | {"below": lowest}


def copy_given(job: Job, ids: list[str]) -> tuple[int, dict[str, Any]]:
    """The next ids that somebody named."""
    limit = SLICE[connection.vendor]
    later = ids[limit:]
    return insert_given(job, ids[:limit]), {"ids": later} if later else {}


def copy_items(job: Job, frontier: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """The next items of another job that came to an outcome: what they were about, or what they made."""
    limit = SLICE[connection.vendor]
    items = JobItem.objects.filter(
        job=frontier["items_of"], outcome=frontier["outcome"], position__gt=frontier.get("after", 0)
    )
    columns = ("position", frontier["column"], successors.LEFT[job.relation])
    rows = list(items.order_by("position").values_list(*columns)[:limit])
    copied = insert_given(job, [pk for _, pk, _ in rows], {pk: left or "" for _, pk, left in rows})
    return copied, frontier | {"after": rows[-1][0]} if len(rows) == limit else {}


def insert_given(job: Job, ids: list[str], expected: Mapping[str, str] | None = None) -> int:
    """Items of these ids, in their order, with what another job left each as.

    One that isn't so any more says already why it will be left alone.
    """
    target = get_target(get_operation(job.verb).model)
    keys = target.keys_of(ids)
    forms = [keys.get(pk, pk) for pk in ids]
    expected = expected or {}
    changed = successors.changed(job, expected, lock=False) if expected else {}
    items = [(pk, expected.get(pk, ""), changed[pk].reason if pk in changed else "") for pk in forms]
    found, parameters = target.given(forms).query.sql_with_params()
    given, same = IDS[connection.vendor], SAME[connection.vendor]
    return insert(GIVEN, job, (json.dumps(items), *parameters), found=found, given=given, same=same)


def insert(statement: str, job: Job, parameters: Sequence[Any], **parts: str) -> int:
    """One INSERT … SELECT: no row travels through Python."""
    seen_at = SEEN_AT[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(statement.format(job=job.pk, total=job.total, seen_at=seen_at, **parts), parameters)
        return int(cursor.rowcount)
