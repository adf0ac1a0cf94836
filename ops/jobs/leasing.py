"""Who may work on a job: a lease with an owner, and tickets for the tasks that are on their way.

A task carries the ticket that it was sent with, which is good for one turn. A doubled task comes with a
ticket that was used, and does nothing: there is never more than one chain of tasks for a job.
"""

import uuid
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from ops.jobs.models import Job

# What a killed worker costs. A chunk may take longer: the job's row is locked meanwhile.
LEASE = timedelta(seconds=10)
# After this a task counts as lost. The next one has the same ticket, so that a slow queue starves nobody.
QUEUED = timedelta(seconds=30)
ACTIVE = (Job.State.COLLECTING, Job.State.RUNNING)
# What a ticket begins with, so that it isn't taken for somebody at work.
TICKET = "queued:"


def due() -> list[int]:
    """Jobs that somebody should work on: active, and held by nobody."""
    return list(Job.objects.filter(free(), state__in=ACTIVE).order_by("pk").values_list("pk", flat=True))


def is_waiting(job: Job) -> bool:
    """Whether it should be worked on and nobody holds it now."""
    held = job.lease_owner and not job.lease_owner.startswith(TICKET)
    return job.state in ACTIVE and not (held and job.lease_until and job.lease_until > timezone.now())


def free() -> Q:
    """No lease and no ticket, or one that has run out."""
    return Q(lease_until__isnull=True) | Q(lease_until__lt=timezone.now())


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
    """The owner, if the active job could be taken for it."""
    found = Job.objects.filter(allowed, pk=pk, state__in=ACTIVE)
    return owner if found.update(lease_owner=owner, lease_until=timezone.now() + span) else ""


def release(pk: int, owner: str, *, rest: float = 0) -> bool:
    """Give it back, to be left alone for `rest` seconds; True if there is more to do at once."""
    until = timezone.now() + timedelta(seconds=rest) if rest else None
    if not Job.objects.filter(pk=pk, lease_owner=owner).update(lease_owner="", lease_until=until):
        return False
    return not rest and Job.objects.filter(pk=pk, state__in=ACTIVE).exists()
