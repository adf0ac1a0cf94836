"""Runs in Django's admin: their own pages."""

from typing import ClassVar

from django.contrib import admin

from ops.admin import LeadingAdmin
from runs.models import Run


@admin.register(Run)
class RunAdmin(LeadingAdmin):
    """Leads to /runs."""

    address: ClassVar[str] = "/runs"

    def object_address(self, key: str) -> str:
        """The run's page."""
        return Run(pk=key).get_absolute_url()
