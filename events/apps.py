"""Configuration of the app `events`."""

from typing import ClassVar

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """Permissions: each with the lowest role that has it."""

    name = "events"
    permissions: ClassVar = {"events.view_event": "Viewer", "events.view_payload": "Operator"}
