"""Events: what applications sent to the engine."""

from django.db import models

from events.querysets import EventQuerySet
from ops.engine.fields import EngineIdField, EngineJSONField, EngineTextField, EngineTimestampField
from ops.platform.addresses import below


class Event(models.Model):
    """One received event; the engine owns the row."""

    id = EngineIdField(primary_key=True)
    name = EngineTextField(length=255)
    data = EngineJSONField()
    idempotency_key = EngineTextField(length=255, null=True)
    timestamp = EngineTimestampField(help_text="When the engine received it; lists sort and filter by it.")
    user_id = EngineTextField(length=255, null=True)
    created_at = EngineTimestampField()

    objects = EventQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "events"
        default_permissions = ("view",)
        permissions = (("view_payload", "Can see payloads: event data, inputs and outputs"),)

    def __str__(self) -> str:
        return f"{self.name} {self.pk}"

    def get_absolute_url(self) -> str:
        return below("admin:events_event_changelist", self.pk)
