"""Health over the API: what the worker measured last, and what this process sees of the engine now."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ops.api.fields import MomentField
from ops.api.viewsets import ConsoleViewSet
from ops.engine import schema
from ops.health import measurements


class ReadingSerializer(serializers.Serializer[Any]):
    """One measured thing."""

    name = serializers.CharField()
    ok = serializers.BooleanField(help_text="False also when it wasn't measured lately.")
    summary = serializers.CharField()
    data = serializers.DictField(  # type: ignore[assignment]  # a field hides the property
        help_text="Figures for machines; which depends on the name."
    )
    measured_at = MomentField(allow_null=True, help_text="Null: never.")


class HealthSerializer(serializers.Serializer[Any]):
    """The health of the environment."""

    ok = serializers.BooleanField(help_text="Whether everything below is.")
    version = serializers.CharField(help_text="The console's own.")
    engine = serializers.CharField(help_text="The engine's version, as far as its migrations tell.")
    faults = serializers.ListField(
        child=serializers.CharField(),
        help_text="Why operations are refused, all or some of them.",
    )
    readings = ReadingSerializer(many=True)


class HealthViewSet(ConsoleViewSet):
    """What can go wrong in this environment, measured every half minute by the worker."""

    permission = "ops.view_health"
    serializer_class = HealthSerializer
    filter_backends = ()
    pagination_class = None

    @extend_schema(operation_id="health_retrieve")
    def list(self, request: Request) -> Response:
        """Always 200: the answer is about the environment, not about the API."""
        now = timezone.now()
        report = schema.recent()
        readings = [vars(one) | {"ok": one.ok and not one.is_stale(now)} for one in measurements.current()]
        is_ok = report.ok and all(one["ok"] for one in readings)
        about = {"ok": is_ok, "version": settings.VERSION, "engine": report.engine}
        about |= {"faults": report.sentences, "readings": readings}
        return Response(self.get_serializer(about).data)
