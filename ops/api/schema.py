"""The OpenAPI file: what drf-spectacular can't see in a viewset by itself."""

from typing import Any

from drf_spectacular.contrib.django_filters import DjangoFilterExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from ops.api.idempotency import HEADER

JSON = "application/json"
ABOUT_KEY = "The same request sent again with this key is answered as before; kept for 24 h."


class FaultSerializer(serializers.Serializer[Any]):
    """What went wrong."""

    code = serializers.CharField(help_text="For programs.")
    message = serializers.CharField(help_text="For people.")
    fields = serializers.DictField(child=serializers.CharField(), help_text="Field → what is wrong with it.")  # type: ignore[assignment]


class ErrorSerializer(serializers.Serializer[Any]):
    """Every error of the API."""

    error = FaultSerializer()


ERRORS = {
    400: "A field or parameter can't be used; `fields` says what is wrong with each.",
    401: "No usable token, and nobody signed in.",
    403: "The permission is missing. An attempt to change something is in the audit log.",
    404: "There is no such thing.",
    406: "Neither JSON nor a page is wanted.",
    429: "Too many requests; `Retry-After` says for how many seconds to wait.",
    503: "The database can't be reached, is busy or took too long.",
}
POST_ERRORS = {
    409: "The state of the thing, or the engine's database, forbids it.",
    413: "The body is too large.",
    415: "The body is neither JSON nor a form.",
}


class FilterExtension(DjangoFilterExtension):  # type: ignore[no-untyped-call]
    """Filters with their help texts, which spectacular leaves out where a filter class names its schema."""

    target_class = "ops.api.filters.StrictFilterBackend"
    priority = 1

    def resolve_filter_field(self, *arguments: Any) -> list[dict[str, Any]]:
        """The parameters of one filter."""
        declared = arguments[-1]
        about = str(declared.extra.get("help_text") or declared.label)
        found = super().resolve_filter_field(*arguments)  # type: ignore[no-untyped-call]
        return [{"description": about} | one for one in found]


class ApiSchema(AutoSchema):
    """Operations named for client methods, request and answer of each action, and every error."""

    def get_operation_id(self) -> str:
        """`runs_list`, `runs_retrieve`, `runs_steps`, `runs_cancel`, `runs_cancel_many`, `jobs_stop`."""
        return f"{viewed(self).basename}_{viewed(self).action}".replace("-", "_")

    def get_summary(self) -> str:
        """The description's first sentence."""
        return self.get_description().partition(". ")[0].rstrip(".")

    def get_override_parameters(self) -> list[Any]:
        """The header that every POST honours."""
        if self.method != "POST":
            return []
        return [OpenApiParameter(HEADER, str, OpenApiParameter.HEADER, description=ABOUT_KEY)]

    def get_filter_backends(self) -> list[Any]:
        """Those of lists alone."""
        return list(viewed(self).filter_backends) if viewed(self).is_list else []

    def _is_list_view(self, serializer: Any = None) -> bool:
        return viewed(self).is_list and viewed(self).pagination_class is not None

    def map_parsers(self) -> list[str]:
        """JSON alone: forms are for the browsable pages."""
        return [JSON]

    def get_request_serializer(self) -> Any:
        """What a POST takes."""
        return told(self) if self.method == "POST" else None

    def get_response_serializers(self) -> Any:
        """The answer, and the errors that this address can give."""
        view = viewed(self)
        errors = {code: OpenApiResponse(ErrorSerializer, text) for code, text in self.errors().items()}
        if self.method != "POST":
            return {200: told(self)} | errors | view.error_answers
        return {view.answer_status: view.answer_class} | errors | view.error_answers

    def errors(self) -> dict[int, str]:
        """Status → what it means."""
        return dict(sorted((ERRORS | (POST_ERRORS if self.method == "POST" else {})).items()))


def told(schema: AutoSchema) -> Any:
    """The serializer of the action."""
    return schema._get_serializer()  # type: ignore[no-untyped-call]


def viewed(schema: AutoSchema) -> Any:
    """The view, which is a `ConsoleViewSet`."""
    return schema.view
