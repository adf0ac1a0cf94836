"""What Celery runs; the schedule is in the settings."""

from celery import shared_task

from ops import health


@shared_task
def measure_health() -> None:
    """Measure the environment for the pages, once for all tasks that piled up while no worker ran."""
    if not health.is_fresh():
        health.measure_and_keep()
