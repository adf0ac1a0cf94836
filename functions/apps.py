"""Configuration of the app `functions`."""

from django.apps import AppConfig


class FunctionsConfig(AppConfig):
    """See the package's docstring."""

    name = "functions"
