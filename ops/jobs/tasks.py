"""What Celery carries: short turns of work, which the sweeper starts again when one was lost.

Each turn ends with a sweep: where turns of other jobs take all the time, the schedule's would come too late.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from celery import shared_task
from django.db import InterfaceError, OperationalError
from kombu.exceptions import OperationalError as BrokerError

from ops.jobs import drafts, leasing, worker

# In this time each active job has a turn, if there is only one slot for all.
ROUND_SECONDS = 5.0

logger = logging.getLogger(__name__)


@shared_task
def work_on(pk: int, ticket: str | None = None) -> None:
    """Work on the job for its share of a round, then queue up again behind the other jobs."""
    with unless_away():
        worker.work(pk, seconds=leasing.share(ROUND_SECONDS), ticket=ticket)
    send_due()


@shared_task
def sweep() -> None:
    """What the schedule does while no job has a turn."""
    send_due()


@shared_task
def expire_drafts() -> None:
    """Discard what was made and not confirmed in time."""
    with unless_away():
        drafts.expire()


def send_due() -> None:
    """Start every active job that nobody holds: it had its turn, its worker was killed, its task was lost."""
    with unless_away():
        for pk in leasing.due():
            send(pk)


@contextmanager
def unless_away() -> Iterator[None]:
    """A database that doesn't answer is no fault of the task; the sweeper comes again."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        logger.warning("The database did not answer: %s", error)


def send(pk: int) -> None:
    """Ask a worker to begin now; if the broker is away, the sweeper will."""
    ticket = leasing.reserve(pk)
    if not ticket:
        return
    try:
        work_on.apply_async((pk, ticket), retry=False)
    except BrokerError:
        leasing.release(pk, ticket)
