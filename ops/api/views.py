"""The base of every address of the API: permission, throttling, errors, and no parameter that isn't known."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.cache import add_never_cache_headers
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from ops.api.schema import ApiSchema
from ops.errors import InvalidInput
from ops.roles import roles_with

FORMAT = "format"


class ApiView(APIView):
    """One address; `permission` is what it asks for, `answer` what a 200 holds."""

    permission: str
    answer: type[BaseSerializer[Any]]
    asked: type[BaseSerializer[Any]] | None = None
    format_kwarg = None  # no suffixes such as .json
    act = "read"  # how the OpenAPI file calls it
    payload_permission = ""
    schema: Any = ApiSchema()

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """The view, with its permission where the matrix of roles looks for it."""
        view: Any = super().as_view(**initkwargs)
        view.permission = cls.permission
        return view

    @classmethod
    def parameters(cls) -> list[OpenApiParameter]:
        """The parameters of the address besides `format`."""
        return []

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """As in the base class, but a caller whose token is refused is throttled too."""
        negotiated = self.perform_content_negotiation(request)
        request.accepted_renderer, request.accepted_media_type = negotiated
        request.version = request.versioning_scheme = None
        try:
            self.perform_authentication(request)
        finally:
            self.check_throttles(request)
        self.check_permissions(request)
        self.check_parameters(request)

    def check_permissions(self, request: Request) -> None:
        """401 for nobody, 403 for somebody without the permission."""
        if not request.user.is_authenticated:
            raise NotAuthenticated
        if not request.user.has_perm(self.permission):
            roles = " or ".join(roles_with(self.permission)) or "no role"
            raise PermissionDenied(f"This needs the permission {self.permission} ({roles}).")

    def check_parameters(self, request: Request) -> None:
        """InvalidInput for every parameter that the address doesn't know."""
        declared = (one for one in self.parameters() if one.location == OpenApiParameter.QUERY)
        known = {one.name for one in declared} | {FORMAT}
        unknown = sorted(request.query_params.keys() - known)
        there_are = f"Available: {', '.join(sorted(known))}."
        if unknown:
            raise InvalidInput(dict.fromkeys(unknown, f"No such parameter. {there_are}"))

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        """Nothing is kept by browsers and proxies."""
        final = super().finalize_response(request, response, *args, **kwargs)
        add_never_cache_headers(final)
        return final

    def tell(self, kind: Any, rows: Iterable[Any]) -> list[Any]:
        """The rows as plain values."""
        serializer = teller(kind, sees_payloads=self.sees_payloads)
        return [serializer.to_representation(row) for row in rows]

    @property
    def sees_payloads(self) -> bool:
        """Whether the caller may see event data, inputs and outputs."""
        return bool(self.payload_permission) and self.request.user.has_perm(self.payload_permission)


@cache
def teller(kind: Any, *, sees_payloads: bool) -> Any:
    """One serializer for all requests: making one takes longer than telling ten rows."""
    return kind(context={"sees_payloads": sees_payloads})


class UnknownAddress(ApiView):
    """404 in the API's own form, for whatever else stands below /api."""

    permission = "runs.view_run"
    schema: Any = None

    def check_parameters(self, request: Request) -> None:
        """There is no address that could know them."""
        raise Http404
