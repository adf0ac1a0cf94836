"""The version of everybody's rights."""

from django.db import models


class RightsVersion(models.Model):
    """One row, to which a trigger gives a new value with every change of anybody's rights."""

    value = models.BigIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.value)
