"""What Celery runs; the schedule is in the settings."""

from celery import shared_task

from ops import health


@shared_task
def measure_health() -> None:
    """Measure the environment for the pages; run twice it measures twice, nothing more."""
    health.measure_and_keep()
