"""Who may work on a job: a lease with an owner, and tickets for the tasks that are on their way.

A task carries the ticket that it was sent with, which is good for one turn. A doubled task comes with a
ticket that was used, and does nothing: there is never more than one chain of tasks for a job.
"""

import uuid
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from ops.jobs.models import Job

# What a killed worker costs. A chunk may take longer: the job's row is locked meanwhile.
LEASE = timedelta(seconds=8)
# After this a task counts as lost. The next one has the same ticket, so that a slow queue starves nobody.
QUEUED = timedelta(seconds=8)
# A shorter turn would be spent on taking it.
SHORTEST_TURN = 0.25
ACTIVE = (Job.State.COLLECTING, Job.State.RUNNING)
# What a ticket begins with, so that it isn't taken for somebody at work.
TICKET = "queued:"


def clock() -> datetime:
    """The database's time: the clocks of two workers may be apart."""
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        found: datetime = cursor.fetchone()[0]
        return found


def due() -> list[int]:
    """Return the ids of active jobs without a lease, those whose lease ran out longest ago first."""
    found = Job.objects.filter(free(), state__in=ACTIVE)
    return list(found.order_by(F("lease_until").asc(nulls_last=True), "pk").values_list("pk", flat=True))


def share(seconds: float) -> float:
    """The part of the time that is each active job's, so that all have a turn in it on a single slot."""
    return max(SHORTEST_TURN, seconds / max(1, Job.objects.filter(state__in=ACTIVE).count()))


def others_wait(pk: int) -> bool:
    """Whether another job waits for a worker."""
    waiting = free() | Q(lease_owner__startswith=TICKET)
    return Job.objects.filter(waiting, state__in=ACTIVE).exclude(pk=pk).exists()


def is_waiting(job: Job) -> bool:
    """Whether it should be worked on and nobody holds it now."""
    held = job.lease_owner and not job.lease_owner.startswith(TICKET)
    return job.state in ACTIVE and not (held and job.lease_until and job.lease_until > timezone.now())


def free() -> Q:
    """No lease and no ticket, or one that has run out."""
    return Q(lease_until__isnull=True) | Q(lease_until__lt=clock())


def claim(pk: int, ticket: str | None) -> str:
    """Take the lease for a task with its ticket, or for whoever has none; the owner, empty if taken."""
    mine = Q(lease_owner=ticket) if ticket else free() | Q(lease_owner__startswith=TICKET)
    return taken(pk, mine, uuid.uuid4().hex, LEASE)


def reserve(pk: int) -> str:
    """A ticket for a task that is about to be sent; empty if somebody has the job already."""
    before = Job.objects.filter(pk=pk).values_list("lease_owner", flat=True).first() or ""
    ticket = before if before.startswith(TICKET) else TICKET + uuid.uuid4().hex
    return taken(pk, free() & Q(lease_owner=before), ticket, QUEUED)


def taken(pk: int, allowed: Q, owner: str, span: timedelta) -> str:
    """The owner, if the active job could be taken for it; never waits for a chunk at work."""
    with transaction.atomic():
        found = Job.objects.select_for_update(skip_locked=True).filter(allowed, pk=pk, state__in=ACTIVE)
        if not list(found.values_list("pk")):
            return ""
        Job.objects.filter(pk=pk).update(lease_owner=owner, lease_until=clock() + span)
    return owner


def release(pk: int, owner: str, *, rest: float = 0) -> bool:
    """Give it back, to be left alone for `rest` seconds; True if there is more to do at once."""
    until = clock() + timedelta(seconds=rest) if rest else None
    if not Job.objects.filter(pk=pk, lease_owner=owner).update(lease_owner="", lease_until=until):
        return False
    return not rest and Job.objects.filter(pk=pk, state__in=ACTIVE).exists()
