"""The Celery application: `celery -A console worker` and `celery -A console beat`."""

import os
from typing import Any

from celery import Celery, Task, signals
from django.conf import settings
from django_structlog.celery.steps import DjangoStructLogInitStep

from console.environment import require_usable

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")


class DatabaseTask(Task[..., Any]):
    """A task that fails, and so is tried again by its schedule, while SQLite's file isn't there."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        from ops.platform.database_file import require_file

        require_file()
        return super().__call__(*args, **kwargs)


app = Celery("console", task_cls=DatabaseTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["worker"].add(DjangoStructLogInitStep)


@signals.import_modules.connect
def refuse_faulty_settings(**_: object) -> None:
    """End worker and schedule with what is wrong, before they open a file or a connection.

    The schedule says that it begins (`beat_init`) only after it has opened the file of its state.
    """
    require_usable(settings.FAULTS)


app.autodiscover_tasks(["console", "ops.health", "ops.jobs"])


@signals.setup_logging.connect
def keep_logging(**_: object) -> None:
    """Django has set up logging; being connected here keeps Celery from setting up its own."""


@signals.worker_ready.connect
def measure_at_once(**_: object) -> None:
    """The pages needn't wait for the schedule's first turn to know how things are."""
    app.send_task("ops.health.tasks.measure_health")
