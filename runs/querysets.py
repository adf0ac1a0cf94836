"""Every question asked of runs and steps."""

from django.db import models


class RunQuerySet(models.QuerySet["Run"]):  # type: ignore[name-defined]  # noqa: F821
    """Runs."""


class StepQuerySet(models.QuerySet["Step"]):  # type: ignore[name-defined]  # noqa: F821
    """Steps."""
