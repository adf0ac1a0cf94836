"""Events in Django's admin: their own pages."""

from typing import ClassVar

from django.contrib import admin

from events.models import Event
from ops.admin import LeadingAdmin


@admin.register(Event)
class EventAdmin(LeadingAdmin):
    """Leads to /events."""

    address: ClassVar[str] = "/events"

    def object_address(self, key: str) -> str:
        """The event's page."""
        return Event(pk=key).get_absolute_url()
