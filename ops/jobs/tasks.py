"""What Celery carries: short turns of work, which the sweeper starts again when one was lost."""

from celery import shared_task
from kombu.exceptions import OperationalError

from ops.jobs import working

SLICE_SECONDS = 5.0


@shared_task
def work_on(pk: int) -> None:
    """Work on the job for a few seconds, then queue up again behind the other jobs."""
    if working.work(pk, seconds=SLICE_SECONDS):
        work_on.delay(pk)


@shared_task
def sweep() -> None:
    """Start every active job that nobody holds: its worker was killed, or its task was lost."""
    for pk in working.due():
        work_on.delay(pk)


def send(pk: int) -> None:
    """Ask a worker to begin now; if the broker is away, the sweeper will."""
    try:
        work_on.apply_async((pk,), retry=False)
    except OperationalError:
        return
