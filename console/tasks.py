"""What Celery runs for the whole console."""

from celery import shared_task

from console import housekeeping
from ops.jobs.tasks import unless_away

# Another turn follows when there is more: a worker with one slot has other tasks that mustn't wait.
TURN_SECONDS = 5.0


@shared_task
def clean_up() -> None:
    """Remove what was kept for a while."""
    with unless_away():
        if not housekeeping.clean_up(seconds=TURN_SECONDS)[1]:
            clean_up.delay()
