"""The table of what was measured."""

from django.db import models


class Health(models.Model):
    """The last measured value of one thing that can go wrong, kept for the pages."""

    name = models.CharField(max_length=50, primary_key=True)
    ok = models.BooleanField()
    summary = models.CharField(max_length=500)
    data = models.JSONField(default=dict)
    measured_at = models.DateTimeField()

    class Meta:
        default_permissions = ("view",)
        verbose_name_plural = "health"

    def __str__(self) -> str:
        return f"{self.name}: {self.summary}"
