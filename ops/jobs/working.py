"""Working a job off: a lease, then chunk by chunk, each in one transaction with its outcomes and audit.

Whoever works holds a lease with an owner and renews it with each chunk. A killed worker's lease runs out, and
the next one goes on after the last chunk that was committed: nothing is lost and nothing is done twice.
"""

import json
import time
from collections import Counter
from collections.abc import Sequence

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from ops.actors import Actor
from ops.audit import Change
from ops.errors import EngineMismatch
from ops.jobs import endings, feeding, leasing
from ops.jobs.collecting import collect_slice
from ops.jobs.endings import end
from ops.jobs.leasing import ACTIVE
from ops.jobs.models import Job, JobItem
from ops.operations import get_operation

# Seconds that a chunk may hold its locks, and the most items of one.
LONGEST = {"postgresql": 0.5, "sqlite": 0.05}
LARGEST = {"postgresql": 1_000, "sqlite": 500}
# Beside a running server SQLite's write lock has to be free for a while (docs/engine.md).
SHORTEST_REST = {"postgresql": 0.0, "sqlite": 0.05}
# A worker sleeps through a rest as long as this; after a longer one the sweeper sends the job to work again.
NAP = 5.0
# After as many items in a row that the database refused, the rest will hardly fare better.
GIVE_UP = 20

# Of a cancel nearly all items come to the same, which costs a third of giving each its own.
KEEP_SAME = """
UPDATE ops_jobitem SET outcome = %s, reason = %s, result = %s
WHERE job_id = %s AND position >= %s AND position <= %s
"""
# One statement with one parameter: bound one by one, a thousand outcomes cost more than the effect itself.
KEEP_MANY = """
UPDATE ops_jobitem i SET outcome = v.outcome, reason = v.reason, result = v.result
FROM jsonb_to_recordset(%s) AS v(position int, outcome text, reason text, result text)
WHERE i.job_id = %s AND i.position = v.position
"""
KEPT = ("position", "outcome", "reason", "result")
# SQLite would read the whole job for that; there a statement costs next to nothing.
KEEP_ONE = "UPDATE ops_jobitem SET outcome = %s, reason = %s, result = %s WHERE job_id = %s AND position = %s"

# position, outcome, reason, result
Kept = tuple[int, str, str, str]


def work(pk: int, *, seconds: float, ticket: str | None = None) -> bool:
    """Work on the job for a while; True if there is more to do at once and nobody holds it.

    Raises only what the database says when the job can't even be asked for.
    """
    owner = leasing.claim(pk, ticket)
    if not owner:
        return False
    try:
        rest = turns(pk, owner, seconds)
    except Exception as error:  # noqa: BLE001 - whatever it is, the job has to say it
        endings.set_back(pk, owner, error)
        return False
    return leasing.release(pk, owner, rest=rest)


def turns(pk: int, owner: str, seconds: float) -> float:
    """One chunk after the other for so long; returns the seconds to rest that are too many to wait here."""
    deadline = time.monotonic() + seconds
    while (rest := turn(pk, owner)) is not None:
        if rest > NAP:
            return rest
        time.sleep(rest)
        if time.monotonic() >= deadline:
            break
    return 0.0


def turn(pk: int, owner: str) -> float | None:
    """One chunk; returns the seconds to rest, or None when the job is no longer ours or done."""
    began = time.monotonic()
    with transaction.atomic():
        job = Job.objects.select_for_update().filter(pk=pk).first()
        if job is None or job.lease_owner != owner or job.state not in ACTIVE:
            return None
        if job.state == Job.State.COLLECTING:
            collect_slice(job)
        else:
            run_chunk(job)
        return renew(job, took=time.monotonic() - began) if job.state in ACTIVE else None


def renew(job: Job, *, took: float) -> float | None:
    """Keep the lease, account for the time, fit the chunk to what the database bears; returns the rest."""
    rest = SHORTEST_REST[connection.vendor]
    if job.state == Job.State.RUNNING:
        job.chunk = fitted(job, took)
        rest = max(rest, took * (100 - job.duty) / job.duty, feeding.wait(job))
        if why := feeding.brake(job, took=took + rest):
            end(job, Job.State.STOPPED, why)
            return None
        job.worked += took + rest
    job.explanation, job.lease_until = "", timezone.now() + leasing.LEASE
    job.save(update_fields=["chunk", "worked", "explanation", "lease_until"])
    return rest


def fitted(job: Job, took: float) -> int:
    """Items of the next chunk: more after a quick one, fewer after one that held its locks too long.

    Not ever fewer: on a slow machine the fixed cost of a chunk would take all the time.
    """
    longest, largest = LONGEST[connection.vendor], LARGEST[connection.vendor]
    if took > longest:
        return min(job.chunk, max(1, largest // 10, job.chunk // 2))
    if took < longest / 2 and not job.narrowing:
        return min(largest, job.chunk * 2)
    return job.chunk


def run_chunk(job: Job) -> None:
    """Effect, outcomes, counters, cursor and audit of the next items, in the open transaction."""
    size = min(job.chunk, LARGEST[connection.vendor])
    allowed = feeding.allowance(job)
    rows = JobItem.objects.filter(job=job, position__gt=job.cursor, position__lte=job.cursor + size)
    items = list(rows.order_by("position").values_list("position", "target")[:allowed])
    if not items and allowed == 0 and job.pending:
        return
    if items:
        attempt(job, items)
    if job.cursor >= job.total and job.state == Job.State.RUNNING:
        end(job, Job.State.FINISHED)


def attempt(job: Job, items: Sequence[tuple[int, str]]) -> None:
    """The verb on the items; what the database refuses is tried in smaller chunks, down to the culprit."""
    try:
        changes = perform(job, [target for _, target in items])
    except PermissionDenied as refusal:
        end(job, Job.State.FAILED, str(refusal))
    except EngineMismatch as mismatch:
        end(job, Job.State.STOPPED, str(mismatch))
    except DatabaseError as error:
        if endings.passes(error):
            raise
        job.narrowing, job.chunk = True, max(1, len(items) // 4)
        if len(items) == 1:
            refused(job, items[0], error)
    else:
        keep(job, [position for position, _ in items], changes)


def refused(job: Job, item: tuple[int, str], error: DatabaseError) -> None:
    """One item that the database refuses; many in a row stop the job."""
    position, target = item
    why = f"The database refused it: {type(error).__name__}."
    keep(job, [position], [Change(target, "failed", why)])
    last = JobItem.objects.filter(job=job, position__gt=position - GIVE_UP, position__lte=position)
    if position >= GIVE_UP and last.filter(outcome="failed").count() == GIVE_UP and job.pending:
        end(job, Job.State.STOPPED, f"{why} So it did with {GIVE_UP} in a row; the rest was not tried.")


def perform(job: Job, ids: Sequence[str]) -> Sequence[Change]:
    """The verb on the ids, as the person who started the job, with what that person may do now."""
    operation = get_operation(job.verb)
    actor = actor_of(job)
    operation.admit(ids, actor=actor, reason=job.reason)
    with transaction.atomic():
        parameters = job.parameters_value
        result = operation.perform(ids, actor=actor, reason=job.reason, parameters=parameters, job=job.pk)
    return result.changes


def actor_of(job: Job) -> Actor:
    """The person who confirmed the job, as the database knows him now."""
    user = get_user_model().objects.filter(pk=job.actor_id).first()
    if user is None:
        raise PermissionDenied(f"{job.actor} is no longer known here.")
    return Actor(
        user=user, door="job", address=job.address, user_agent=job.user_agent, request_id=job.request_id
    )


def keep(job: Job, positions: Sequence[int], changes: Sequence[Change]) -> None:
    """Write the outcomes to the items, and the counters and the cursor to the job."""
    KEEPERS[connection.vendor](
        job.pk,
        [
            (position, change.outcome, change.reason, change.result)
            for position, change in zip(positions, changes, strict=True)
        ],
    )
    for outcome, count in Counter(change.outcome for change in changes).items():
        setattr(job, outcome, getattr(job, outcome) + count)
    job.cursor = positions[-1]
    job.save(update_fields=["done", "skipped", "failed", "cursor"])


def keep_one_by_one(job: int, rows: Sequence[Kept]) -> None:
    """The outcomes on SQLite."""
    with connection.cursor() as cursor:
        cursor.executemany(KEEP_ONE, [(*told, job, position) for position, *told in rows])


def keep_at_once(job: int, rows: Sequence[Kept]) -> None:
    """The outcomes on PostgreSQL: what most came to in one statement, the rest in another."""
    usual, count = Counter(row[1:] for row in rows).most_common(1)[0]
    rest = rows
    with connection.cursor() as cursor:
        if count > len(rows) / 2:
            rest = [row for row in rows if row[1:] != usual]
            cursor.execute(KEEP_SAME, [*usual, job, rows[0][0], rows[-1][0]])
        if rest:
            cursor.execute(KEEP_MANY, [json.dumps([dict(zip(KEPT, row, strict=True)) for row in rest]), job])


KEEPERS = {"postgresql": keep_at_once, "sqlite": keep_one_by_one}
