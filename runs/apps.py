"""Configuration of the app `runs`."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """See the package's docstring."""

    name = "runs"
