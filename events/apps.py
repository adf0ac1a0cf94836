"""Configuration of the app `events`."""

from typing import ClassVar

from django.apps import AppConfig

from ops.access.grants import Grant


class EventsConfig(AppConfig):
    """Permissions: each with the lowest role that has it."""

    name = "events"
    permissions: ClassVar = {
        "events.view_event": Grant("Viewer", "see events"),
        "events.view_payload": Grant("Operator", "see payloads: event data, inputs and outputs"),
    }
