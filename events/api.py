"""Events over the API: what the engine's own answers say."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from events.filters import EventFilter
from events.models import Event
from events.querysets import NEWEST_FIRST
from ops.api.fields import MomentField, PayloadField, PayloadSerializer
from ops.api.rows import RowSerializer, path_part
from ops.api.viewsets import ReadOnlyViewSet

PERMISSION, PAYLOADS = "events.view_event", "events.view_payload"


class EventLinksSerializer(serializers.Serializer[Event]):
    """Addresses without host."""

    self = serializers.CharField()
    runs = serializers.CharField()
    page = serializers.CharField(help_text="For people.")

    def to_representation(self, event: Event) -> dict[str, str]:
        """From the id alone."""
        here = path_part(event.pk)
        return {"self": f"/api/events/{here}", "runs": f"/api/events/{here}/runs", "page": f"/events/{here}"}


class EventRowSerializer(RowSerializer):
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


class EventViewSet(ReadOnlyViewSet):
    """Events, the last received first."""

    queryset = Event.objects.all()
    permission = PERMISSION
    payload_permission = PAYLOADS
    serializer_class = EventSerializer
    row_serializer_class = EventRowSerializer
    filterset_class = EventFilter
    order = NEWEST_FIRST

    def get_queryset(self) -> QuerySet[Event]:
        """Without payloads for callers who may not see them."""
        return super().get_queryset() if self.sees_payloads else super().get_queryset().defer("data")

    def for_list(self, rows: Any) -> QuerySet[Event]:
        found: QuerySet[Event] = rows.for_list()
        return found

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One event with its payload."""
        return super().retrieve(request, *args, **kwargs)
