"""Jobs that were never confirmed: discarded by a person, or by the schedule when they are too old."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from ops.access.actors import Actor
from ops.jobs import leasing
from ops.jobs.failures import end
from ops.jobs.lifecycle import held, note
from ops.jobs.models import Job
from ops.platform.errors import StateConflict

EXPIRED = "It was not confirmed within {} hours."


def discard(pk: int, *, actor: Actor, reason: str = "") -> Job:
    """End a job that was never confirmed; what a job has begun can only be stopped."""
    with held(pk, *Job.UNCONFIRMED, actor=actor, verb="discarded") as job:
        if not job.is_draft:
            raise StateConflict(f"Job {pk} was confirmed; it can't be discarded. It is {job.state}.")
        end(job, Job.State.DISCARDED)
        note("jobs.discard", job, actor, reason)
    return job


def expire() -> int:
    """Discard the drafts that are too old; how many there were."""
    found = list(expired(leasing.clock()).order_by("pk").values_list("pk", flat=True))
    return sum(discarded_by_age(pk) for pk in found)


def discarded_by_age(pk: int) -> bool:
    """Discard one of them, unless it is being confirmed, collected or discarded at this moment."""
    with transaction.atomic():
        job = expired(leasing.clock()).select_for_update(skip_locked=True).filter(pk=pk).first()
        if job is None:
            return False
        end(job, Job.State.DISCARDED, EXPIRED.format(settings.JOB_DRAFT_HOURS))
        note("jobs.expire", job, Actor(user=None, door="system"), "")
    return True


def expired(now: datetime) -> "QuerySet[Job]":
    """The drafts that are too old."""
    born = now - timedelta(hours=settings.JOB_DRAFT_HOURS)
    return Job.objects.filter(state__in=Job.UNCONFIRMED, started_at__isnull=True, created_at__lt=born)
