"""How a job ends, and what an error means for it: it waits and says for what, or stops and says why."""

import logging
from contextlib import suppress
from datetime import timedelta

from django.db import Error, OperationalError, connection, transaction
from django.utils import timezone

from ops.jobs import leasing
from ops.jobs.models import Job
from ops.platform.database_errors import Trouble, trouble_of
from ops.platform.errors import InvalidInput, StateConflict

logger = logging.getLogger(__name__)

# Until the next try while the database can't be used.
PATIENCE = timedelta(seconds=5)
WAITS = {
    Trouble.UNREACHABLE: "The database can't be used right now ({}). The job waits and continues by itself.",
    Trouble.BUSY: "The database is busy ({}). The job waits and continues by itself.",
}
COLLECTING_TIMED_OUT = (
    "Collecting took longer than the database allows for one statement. Nothing was changed. "
    "Resume it to try again, or create a job with a narrower filter."
)
TIMED_OUT = "The database ended a statement that took too long. Nothing is half done; it can be resumed."
STOPPED = "Stopped by an unexpected error ({}). Nothing is half done; it can be resumed."


def end(job: Job, state: str, explanation: str = "") -> None:
    """The last state of a job, or a stop that it comes to by itself."""
    job.state, job.explanation = state, explanation[:500]
    job.finished_at = None if state == Job.State.STOPPED else timezone.now()
    job.lease_owner, job.lease_until = "", None
    job.save(update_fields=["state", "explanation", "finished_at", "lease_owner", "lease_until"])


def passes(error: BaseException) -> bool:
    """Whether the same may well succeed later, without anybody changing the job or its items."""
    return (isinstance(error, OperationalError) and trouble_of(error) in WAITS) or lost(error)


def lost(error: BaseException) -> bool:
    """Whether the connection is gone, which the driver reports in more than one way."""
    return isinstance(error, Error) and trouble_of(error) == Trouble.UNREACHABLE and not is_usable()


def is_usable() -> bool:
    """Whether the connection is still one."""
    return connection.connection is not None and connection.is_usable()


def set_back(pk: int, owner: str, error: Exception) -> None:
    """Say on the job what keeps it; if not even that can be written, its lease runs out and it goes on."""
    logger.warning("Job %s was set back: %s", pk, first_line(error), exc_info=not isinstance(error, Error))
    waits = passes(error)
    if not is_usable():
        connection.close()
    with suppress(Error), transaction.atomic():
        job = Job.objects.select_for_update().filter(pk=pk, lease_owner=owner).first()
        if job is not None and waits:
            wait(job, error)
        elif job is not None:
            end(job, Job.State.STOPPED, words_of(error, collecting=job.state == Job.State.COLLECTING))


def wait(job: Job, error: Exception) -> None:
    """Leave it alone for a moment."""
    trouble = trouble_of(error) or Trouble.UNREACHABLE
    job.explanation = WAITS[trouble].format(first_line(error))[:500]
    job.lease_owner, job.lease_until = "", leasing.clock() + PATIENCE
    job.save(update_fields=["explanation", "lease_owner", "lease_until"])


def words_of(error: Exception, *, collecting: bool) -> str:
    """Why it stopped."""
    if trouble_of(error) == Trouble.TIMEOUT:
        return COLLECTING_TIMED_OUT if collecting else TIMED_OUT
    if isinstance(error, InvalidInput | StateConflict):
        return str(error)
    return STOPPED.format(f"{type(error).__name__}: {first_line(error)}"[:300])


def first_line(error: BaseException) -> str:
    """What the error says, without the statement that follows."""
    return str(error).strip().partition("\n")[0]
