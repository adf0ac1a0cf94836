"""Working a job off: a lease, then chunk by chunk, each in one transaction with its outcomes and audit.

Whoever works holds a lease with an owner and renews it with each chunk. A killed worker's lease runs out, and
the next one goes on after the last chunk that was committed: nothing is lost and nothing is done twice.
"""

import json
import time
import uuid
from collections.abc import Sequence
from datetime import timedelta

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, OperationalError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from ops.actors import Actor
from ops.audit import Change
from ops.errors import EngineMismatch
from ops.jobs import feeding
from ops.jobs.collecting import collect_slice
from ops.jobs.models import Job, JobItem
from ops.operations import get_operation

LEASE = timedelta(seconds=30)
ACTIVE = (Job.State.COLLECTING, Job.State.RUNNING)
# Seconds that a chunk may hold its locks, and the most items of one.
LONGEST = {"postgresql": 0.5, "sqlite": 0.08}
LARGEST = {"postgresql": 1_000, "sqlite": 500}
# Beside a running server SQLite's write lock has to be free for a while (docs/engine.md).
SHORTEST_REST = {"postgresql": 0.0, "sqlite": 0.05}


# One statement with one parameter: bound one by one, a thousand outcomes cost more than the effect itself.
KEEP = {
    "postgresql": """
UPDATE ops_jobitem i SET outcome = v.outcome, reason = v.reason, result = v.result
FROM jsonb_to_recordset(%s) AS v(position int, outcome text, reason text, result text)
WHERE i.job_id = %s AND i.position = v.position
""",
    "sqlite": """
UPDATE ops_jobitem AS i SET outcome = v.outcome, reason = v.reason, result = v.result
FROM (SELECT value->>'position' AS position, value->>'outcome' AS outcome, value->>'reason' AS reason,
             value->>'result' AS result FROM json_each(%s)) AS v
WHERE i.job_id = %s AND i.position = v.position
""",
}


def due() -> list[int]:
    """Jobs that somebody should work on: active, and held by nobody."""
    return list(Job.objects.filter(free(), state__in=ACTIVE).order_by("pk").values_list("pk", flat=True))


def free() -> Q:
    """No lease, or one that has run out."""
    return Q(lease_until__isnull=True) | Q(lease_until__lt=timezone.now())


def work(pk: int, *, seconds: float) -> bool:
    """Work on the job for a while; True if there is more to do and nobody holds it."""
    owner = uuid.uuid4().hex
    claimed = Job.objects.filter(free(), pk=pk, state__in=ACTIVE).update(
        lease_owner=owner, lease_until=timezone.now() + LEASE
    )
    if not claimed:
        return False
    deadline = time.monotonic() + seconds
    while (rest := turn(pk, owner)) is not None:
        if time.monotonic() + rest > deadline:
            break
        time.sleep(rest)
    released = Job.objects.filter(pk=pk, lease_owner=owner, state__in=ACTIVE)
    return bool(released.update(lease_owner="", lease_until=None))


def turn(pk: int, owner: str) -> float | None:
    """One chunk; returns the seconds to rest, or None when the job is no longer ours or done."""
    began = time.monotonic()
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=pk)
        if job.lease_owner != owner or job.state not in ACTIVE:
            return None
        if job.state == Job.State.COLLECTING:
            collect_slice(job)
        else:
            run_chunk(job)
        rest = renew(job, took=time.monotonic() - began)
    return rest if job.state in ACTIVE else None


def renew(job: Job, *, took: float) -> float:
    """Keep the lease, account for the time, fit the chunk to what the database bears; returns the rest."""
    longest, largest = LONGEST[connection.vendor], LARGEST[connection.vendor]
    rest = max(took * (100 - job.duty) / job.duty, SHORTEST_REST[connection.vendor])
    if took > longest:
        job.chunk = max(1, job.chunk // 2)
    elif took < longest / 4 and not job.narrowing:
        job.chunk = min(largest, job.chunk * 2)
    if job.state == Job.State.RUNNING:
        if feeding.allowance(job) == 0:
            rest = max(rest, feeding.wait(job))
        if why := feeding.brake(job, took=took + rest):
            end(job, Job.State.STOPPED, why)
        job.worked += took + rest
    job.lease_until = timezone.now() + LEASE if job.state in ACTIVE else None
    job.save(update_fields=["chunk", "worked", "lease_until"])
    return rest


def run_chunk(job: Job) -> None:
    """Effect, outcomes, counters, cursor and audit of the next items, in the open transaction."""
    size = min(job.chunk, LARGEST[connection.vendor], feeding.allowance(job) or LARGEST[connection.vendor])
    if feeding.allowance(job) == 0 and job.pending:
        return
    rows = JobItem.objects.filter(job=job, position__gt=job.cursor, position__lte=job.cursor + size)
    items = list(rows.order_by("position").values_list("position", "target"))
    if not items:
        end(job, Job.State.FINISHED)
        return
    try:
        changes = perform(job, [target for _, target in items])
    except PermissionDenied as refusal:
        end(job, Job.State.FAILED, str(refusal))
        return
    except EngineMismatch as mismatch:
        end(job, Job.State.STOPPED, str(mismatch))
        return
    except OperationalError:
        raise
    except DatabaseError as error:
        if len(items) > 1:
            job.chunk = max(1, len(items) // 4)
            job.narrowing = True
            return
        changes = [Change(items[0][1], "failed", f"The database refused it: {type(error).__name__}.")]
    keep(job, [position for position, _ in items], changes)
    if job.cursor >= job.total:
        end(job, Job.State.FINISHED)


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
    rows = [
        {
            "position": position,
            "outcome": change.outcome,
            "reason": change.reason,
            "result": change.result,
        }
        for position, change in zip(positions, changes, strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute(KEEP[connection.vendor], [json.dumps(rows), job.pk])
    for change in changes:
        setattr(job, change.outcome, getattr(job, change.outcome) + 1)
    job.cursor = positions[-1]
    job.save(update_fields=["done", "skipped", "failed", "cursor"])


def end(job: Job, state: str, explanation: str = "") -> None:
    """The last state of a job."""
    job.state, job.explanation, job.finished_at = state, explanation[:500], timezone.now()
    job.lease_owner = ""
    job.save(update_fields=["state", "explanation", "finished_at", "lease_owner"])
