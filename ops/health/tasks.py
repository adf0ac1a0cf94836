"""What Celery runs; the schedule is in the settings."""

from celery import shared_task

from ops.health import measurements


@shared_task
def measure_health() -> None:
    """Measure the environment for the pages, once for all tasks that piled up while no worker ran."""
    if not measurements.is_fresh():
        measurements.measure_and_keep()
