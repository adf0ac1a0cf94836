"""Configuration of the app `functions`."""

from typing import ClassVar

from django.apps import AppConfig

from ops.access.grants import Grant


class FunctionsConfig(AppConfig):
    """Permissions: each with the lowest role that has it."""

    name = "functions"
    permissions: ClassVar = {"functions.view_function": Grant("Viewer", "see functions")}
