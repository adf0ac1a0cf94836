"""Events over the API: what the engine's own answers say."""

from dataclasses import replace
from urllib.parse import quote

from django.db.models import QuerySet
from rest_framework import serializers

from events.filters import EventFilter
from events.models import Event
from events.querysets import NEWEST_FIRST
from ops.api.fields import MomentField, PayloadField, PayloadSerializer
from ops.api.lists import Listing, ListView, Question
from ops.api.things import ThingView

PERMISSION, PAYLOADS = "events.view_event", "events.view_payload"


class EventLinksSerializer(serializers.Serializer[Event]):
    """Addresses without host."""

    self = serializers.CharField()
    runs = serializers.CharField()
    page = serializers.CharField(help_text="For people.")

    def to_representation(self, event: Event) -> dict[str, str]:
        """From the id alone."""
        here = quote(event.pk, safe="")
        return {"self": f"/api/events/{here}", "runs": f"/api/events/{here}/runs", "page": f"/events/{here}"}


class EventRowSerializer(serializers.Serializer[Event]):
    """An event in a list: without its payload."""

    id = serializers.CharField()
    name = serializers.CharField()
    timestamp = MomentField(allow_null=True, help_text="When the engine received it.")
    idempotency_key = serializers.CharField(allow_null=True)
    user_id = serializers.CharField(allow_null=True)
    created_at = MomentField(allow_null=True)
    links = EventLinksSerializer(source="*")


class EventSerializer(PayloadSerializer):
    """An event with its payload."""

    id = serializers.CharField()
    name = serializers.CharField()
    data = PayloadField()  # type: ignore[assignment]  # a field hides the property
    timestamp = MomentField(allow_null=True, help_text="When the engine received it.")
    idempotency_key = serializers.CharField(allow_null=True)
    user_id = serializers.CharField(allow_null=True)
    created_at = MomentField(allow_null=True)
    links = EventLinksSerializer(source="*")


class EventList(ListView):
    """Events, the last received first."""

    permission = PERMISSION
    row = EventRowSerializer
    filter_class = EventFilter

    def ask(self, listing: Listing, **address: str) -> Question:
        """The events that match."""
        criteria = EventFilter(self.request.query_params).checked_criteria()
        return Question(
            branches=Event.objects.branches(criteria),
            columns=lambda events: events.for_list(),
            order=replace(NEWEST_FIRST, newest_first=listing.newest_first),
        )


class EventDetail(ThingView):
    """One event with its payload."""

    permission = PERMISSION
    payload_permission = PAYLOADS
    answer = EventSerializer

    def rows(self) -> QuerySet[Event]:
        """All events."""
        return Event.objects.all() if self.sees_payloads else Event.objects.defer("data")
