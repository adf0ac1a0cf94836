"""The base of every address that changes something: done once per Idempotency-Key."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from ops.api.views import ApiView
from ops.idempotency import HEADER, once


class PostView(ApiView):
    """A POST; `do` is what it does."""

    def do(self, request: Request, **address: Any) -> Response:
        """The deed and its answer."""
        raise NotImplementedError

    def post(self, request: Request, **address: Any) -> Response:
        """With an Idempotency-Key the same request is done once within 24 h, and answered the same."""
        key = request.headers.get(HEADER)
        if key is None:
            return self.do(request, **address)
        status, answer = once(request._request, key, lambda: self.told(request, address))
        return Response(answer, status=status)

    def told(self, request: Request, address: dict[str, Any]) -> tuple[int, Any]:
        """Status and answer; a refusal is an answer too, and what it wrote to the audit log is kept."""
        try:
            response = self.do(request, **address)
        except Exception as error:  # noqa: BLE001 - the API's own handler knows every error
            response = self.handle_exception(error)
        return response.status_code, response.data

    @classmethod
    def parameters(cls) -> list[OpenApiParameter]:
        """The header."""
        about = "The same request sent again with this key is answered as before; kept for 24 h."
        return [OpenApiParameter(HEADER, str, OpenApiParameter.HEADER, description=about)]
