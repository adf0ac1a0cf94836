"""What Celery carries: short turns of work, which the sweeper starts again when one was lost."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from celery import shared_task
from django.db import InterfaceError, OperationalError
from kombu.exceptions import OperationalError as BrokerError

from ops.jobs import leasing, working

SLICE_SECONDS = 5.0

logger = logging.getLogger(__name__)


@shared_task
def work_on(pk: int, ticket: str | None = None) -> None:
    """Work on the job for a few seconds, then queue up again behind the other jobs."""
    with unless_away():
        if working.work(pk, seconds=SLICE_SECONDS, ticket=ticket):
            send(pk)


@shared_task
def sweep() -> None:
    """Start every active job that nobody holds: its worker was killed, or its task was lost."""
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
