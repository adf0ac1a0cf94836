"""The Celery application: `celery -A console worker` and `celery -A console beat`."""

import os

from celery import Celery, signals
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")

app = Celery("console")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["worker"].add(DjangoStructLogInitStep)
app.autodiscover_tasks(["ops", "ops.jobs"])


@signals.setup_logging.connect
def keep_logging(**_: object) -> None:
    """Django has set up logging; being connected here keeps Celery from setting up its own."""
