"""Removing what was kept for a while, in small pieces, so that no lock is held for long.

Nothing of the audit log, and no item of a job that anybody has confirmed, is ever among it.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from kombu import Connection

from ops.api import idempotency
from ops.jobs.models import Job, JobItem
from ops.jobs.worker import LARGEST, SHORTEST_REST

logger = logging.getLogger(__name__)

Pieces = Iterator[int]


def in_pieces(rows: QuerySet[Any]) -> Pieces:
    """Delete the rows; yields how many after each piece."""
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[: LARGEST[connection.vendor]]):
        # With the condition, too: a session may have been renewed meanwhile.
        _, removed = rows.filter(pk__in=keys).delete()
        yield removed.get(rows.model._meta.label, 0)


def idempotency_answers() -> Pieces:
    """Answers that a repeated request would no longer get."""
    return in_pieces(idempotency.expired())


def sessions() -> Pieces:
    """Sessions that have ended; their people have to sign in again anyway."""
    return in_pieces(Session.objects.filter(expire_date__lt=timezone.now()))


def login_failures() -> Pieces:
    """What axes counted; a lock-out holds for minutes, and the audit log has it for good."""
    before = timezone.now() - timedelta(days=settings.LOGIN_FAILURE_DAYS)
    for model in (AccessAttempt, AccessFailureLog, AccessLog):
        yield from in_pieces(model.objects.filter(attempt_time__lt=before))


def items_of_drafts() -> Pieces:
    """Frozen lists of jobs that ended before anybody confirmed them; the jobs stay."""
    before = timezone.now() - timedelta(days=settings.DISCARDED_JOB_DAYS)
    ended = Job.objects.filter(state__in=(Job.State.DISCARDED, Job.State.FAILED), finished_at__lt=before)
    drafts = ended.filter(Exists(JobItem.objects.filter(job=OuterRef("pk"))), started_at__isnull=True)
    for pk in drafts.values_list("pk", flat=True):
        items = JobItem.objects.filter(job=pk).order_by("position")
        while first := items.first():
            end = first.position + LARGEST[connection.vendor]
            yield JobItem.objects.filter(job=pk, position__lt=end).delete()[0]


def delivered_messages() -> Pieces:
    """What the embedded broker keeps of tasks that a worker has taken.

    A worker that gives a task back puts it into the queue as a new message, so no one needs the old one.
    """
    if not settings.CELERY_BROKER_URL.startswith("sqla+"):
        return
    with Connection(settings.CELERY_BROKER_URL) as broker:
        channel: Any = broker.default_channel
        session, message = channel.session, channel.message_cls
        delivered = session.query(message.id).filter(message.visible.is_(False)).limit(1_000)
        while keys := [key for (key,) in delivered]:
            gone = session.query(message).filter(message.id.in_(keys)).delete(synchronize_session=False)
            session.commit()
            yield gone
        session.rollback()


CHORES: Mapping[str, Callable[[], Pieces]] = {
    "idempotency answers": idempotency_answers,
    "sessions": sessions,
    "login failures": login_failures,
    "items of discarded jobs": items_of_drafts,
    "delivered messages of the embedded broker": delivered_messages,
}


def clean_up(*, seconds: float = float("inf")) -> tuple[Counter[str], bool]:
    """How much of what was removed, and whether that was all; stops after so many seconds."""
    deadline = time.monotonic() + seconds
    removed: Counter[str] = Counter(dict.fromkeys(CHORES, 0))
    for name, chore in CHORES.items():
        for count in chore():
            removed[name] += count
            if time.monotonic() >= deadline:
                return told(removed), False
            time.sleep(SHORTEST_REST[connection.vendor])
    return told(removed), True


def told(removed: Counter[str]) -> Counter[str]:
    """The same, with a line in the log if anything was removed."""
    if found := [f"{count:,} {name}" for name, count in removed.items() if count]:
        logger.info("Removed %s.", ", ".join(found))
    return removed
