"""Working a job off: a lease, then chunk by chunk, each in one transaction with its outcomes and audit.

Whoever works holds a lease with an owner and renews it with each chunk. A killed worker's lease runs out, and
the next one goes on after the last chunk that was committed: nothing is lost and nothing is done twice.
"""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction

from ops.access.actors import Actor
from ops.audit import log
from ops.audit.log import Change
from ops.audit.models import AuditEntry
from ops.jobs import failures, leasing, throttle
from ops.jobs.failures import end
from ops.jobs.leasing import ACTIVE
from ops.jobs.models import Job, JobItem
from ops.jobs.progress import keep
from ops.jobs.selection import collect_slice
from ops.jobs.successors import spared
from ops.operations.operation import get_operation
from ops.platform.errors import EngineMismatch

# Seconds that a chunk may hold its locks, and the most items of one.
LONGEST = {"postgresql": 0.5, "sqlite": 0.05}
LARGEST = {"postgresql": 1_000, "sqlite": 500}
# Beside a running server SQLite's write lock has to be free for a while (docs/engine.md).
SHORTEST_REST = {"postgresql": 0.0, "sqlite": 0.05}
# A worker sleeps through a rest as long as this, and through a longer one if no other job waits for it.
NAP = 1.0
# After a longer one the sweeper sends the job to work again in any case.
LONGEST_NAP = 5.0
# Time between two chunks that counts at most: what a job may feed must not grow while no worker runs.
LONGEST_GAP = float(throttle.AHEAD_SECONDS)
# After as many items in a row that the database refused, the rest will hardly fare better.
GIVE_UP = 20
ANSWER_FOR_IT = "The rest waits: a person with the permission can resume it, and then answers for it."
# Seconds before what the engine held locked is tried once more.
SECOND_TRY_AFTER = 1.0


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
        failures.set_back(pk, owner, error)
        return False
    return leasing.release(pk, owner, rest=rest)


def turns(pk: int, owner: str, seconds: float) -> float:
    """One chunk after the other for so long; returns the seconds to rest that are too many to wait here."""
    deadline = time.monotonic() + seconds
    while (rest := turn(pk, owner)) is not None:
        if rest > LONGEST_NAP:
            return rest
        if rest > NAP and (time.monotonic() >= deadline or leasing.others_wait(pk)):
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
    rest, now = SHORTEST_REST[connection.vendor], leasing.clock()
    if job.state == Job.State.RUNNING:
        before = count_time(job, now, took=took)
        job.chunk = fitted(job, took)
        rest = max(rest, took * (100 - job.duty) / job.duty, throttle.wait(job))
        if job.cursor >= job.total and not job.second_cursor:
            rest = max(rest, SECOND_TRY_AFTER)
        if why := throttle.brake(job, since=before):
            end(job, Job.State.STOPPED, why)
            return None
    job.explanation, job.lease_until = "", now + leasing.LEASE
    job.save(update_fields=["chunk", "worked", "worked_at", "explanation", "lease_until"])
    return rest


def count_time(job: Job, now: datetime, *, took: float) -> float:
    """Add the time since the last chunk, in which others may have had their turns; returns the sum before."""
    before = job.worked
    passed = took if job.worked_at is None else (now - job.worked_at).total_seconds()
    job.worked, job.worked_at = before + min(max(0.0, passed), LONGEST_GAP), now
    return before


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
    allowed = throttle.allowance(job)
    if allowed == 0 and job.pending:
        return
    if items := upcoming(job, allowed):
        attempt(job, items)
    left = items and job.pending
    if job.cursor >= job.total and not left and job.state == Job.State.RUNNING:
        end(job, Job.State.FINISHED)


def upcoming(job: Job, allowed: int | None) -> list[tuple[int, str]]:
    """The next items, in order; after the last one those that are to be tried once more."""
    size = min(job.chunk, LARGEST[connection.vendor])
    rows = JobItem.objects.filter(job=job).order_by("position").values_list("position", "target")
    if job.cursor < job.total:
        return list(rows.filter(position__gt=job.cursor, position__lte=job.cursor + size)[:allowed])
    rows = rows.filter(position__gt=job.second_cursor, outcome="pending")
    return list(rows[: size if allowed is None else min(size, allowed)]) if job.pending else []


def attempt(job: Job, items: Sequence[tuple[int, str]]) -> None:
    """The verb on the items; what the database refuses is tried in smaller chunks, down to the culprit."""
    try:
        changes = perform(job, items)
    except PermissionDenied as refusal:
        end(job, Job.State.STOPPED, f"{refusal} {ANSWER_FOR_IT}")
    except EngineMismatch as mismatch:
        end(job, Job.State.STOPPED, str(mismatch))
    except DatabaseError as error:
        if failures.passes(error):
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
    change = Change(target, "failed", why)
    keep(job, [position], [change])
    log.record(
        actor=actor_of(job),
        verb=job.verb,
        reason=job.reason,
        outcome=AuditEntry.Outcome.FAILED,
        parameters=job.parameters_value,
        changes=[change],
        job=job.pk,
    )
    last = JobItem.objects.filter(job=job, position__gt=position - GIVE_UP, position__lte=position)
    if position >= GIVE_UP and last.filter(outcome="failed").count() == GIVE_UP and job.pending:
        end(
            job, Job.State.STOPPED, f"{why} The same happened to {GIVE_UP} in a row; the rest were not tried."
        )


def perform(job: Job, items: Sequence[tuple[int, str]]) -> Sequence[Change]:
    """The verb on the items, as the person who started the job, with what that person may do now."""
    positions, ids = [position for position, _ in items], [target for _, target in items]
    operation = get_operation(job.verb)
    actor = actor_of(job)
    operation.admit(ids, actor=actor, reason=job.reason)
    with transaction.atomic():
        about: dict[str, Any] = {"reason": job.reason, "parameters": job.parameters_value, "job": job.pk}
        result = operation.perform(ids, actor=actor, spared=spared(job, positions), **about)
    return result.changes


def actor_of(job: Job) -> Actor:
    """The person who answers for the job, as the database knows them now."""
    user = get_user_model().objects.filter(pk=job.actor_id).first()
    if user is None:
        raise PermissionDenied(f"{job.actor} no longer has an account here.")
    return Actor(
        user=user, door="job", address=job.address, user_agent=job.user_agent, request_id=job.request_id
    )
