"""Configuration of the app `runs`."""

from importlib import import_module
from typing import ClassVar

from django.apps import AppConfig

from ops.access.grants import Grant


class RunsConfig(AppConfig):
    """Permissions: each with the lowest role that has it."""

    name = "runs"
    permissions: ClassVar = {"runs.view_run": Grant("Viewer", "see runs, steps and errors")}

    def ready(self) -> None:
        """Register the operations and what they act on."""
        import_module("runs.actions.cancel")
        import_module("runs.actions.replay")
        import_module("runs.actions.target")
