"""Functions as registered with the engine."""

from django.db import models

from functions.addresses import function_url
from functions.querysets import FunctionQuerySet
from ops.engine.fields import EngineJSONField, EngineTextField, EngineTimestampField


class Function(models.Model):
    """A registered function; runs may name functions that are not registered."""

    id = EngineTextField(length=255, primary_key=True)
    definition = EngineJSONField()
    created_at = EngineTimestampField()
    updated_at = EngineTimestampField()

    objects = FunctionQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "functions"
        default_permissions = ("view",)

    def __str__(self) -> str:
        return str(self.pk)

    def get_absolute_url(self) -> str:
        return function_url(self.id)
