"""Functions as registered with the engine."""

from django.db import models

from ops.engine.fields import EngineJSONField, EngineTextField, EngineTimestampField


class Function(models.Model):
    """A registered function; runs may name functions that are not registered."""

    id = EngineTextField(length=255, primary_key=True)
    definition = EngineJSONField()
    created_at = EngineTimestampField()
    updated_at = EngineTimestampField()

    class Meta:
        managed = False
        db_table = "functions"
        default_permissions = ("view",)

    def __str__(self) -> str:
        return str(self.pk)
