"""The OpenAPI file: what drf-spectacular can't see by itself, taken from the views' own declarations."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers


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
VERB_ERRORS = {
    409: "The state of the thing, or the engine's database, forbids the verb.",
    415: "The body isn't application/json.",
}


class ApiSchema(AutoSchema):
    """Parameters, answer and errors of an `ApiView`."""

    def get_override_parameters(self) -> list[Any]:
        """What the view says it takes."""
        return list(declared(self).parameters())

    def get_operation_id(self) -> str:
        """`runs_list`, `runs_read`, `runs_steps_list`, `runs_cancel`."""
        words = [word.replace("-", "_") for word in self._tokenize_path()]
        act = declared(self).act
        return "_".join([*words, act] if act else words)

    def get_description(self) -> str:  # type: ignore[override]  # as in drf-spectacular
        """What the view says of itself."""
        return str(self.view.get_view_description())

    def get_summary(self) -> str:
        """Its first sentence."""
        return self.get_description().partition(". ")[0].rstrip(".")

    def map_renderers(self, attribute: str) -> list[str]:
        """Without the pages for people, which hold the same."""
        return [value for value in super().map_renderers(attribute) if value != "text/html"]

    def get_request_serializer(self) -> Any:
        """What the view says it reads."""
        return declared(self).asked

    def get_response_serializers(self) -> Any:
        """The answer, and the errors that this address can give."""
        errors = ERRORS | (VERB_ERRORS if self.method == "POST" else {})
        told = {code: OpenApiResponse(ErrorSerializer, text) for code, text in sorted(errors.items())}
        return {200: declared(self).answer} | told


def declared(schema: AutoSchema) -> Any:
    """The view, which is an `ApiView`."""
    return schema.view
