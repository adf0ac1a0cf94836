"""What every address of the API shares: permission, throttling, caching headers, no unknown parameter."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.cache import add_never_cache_headers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ops.api.filters import FORMAT
from ops.platform.errors import InvalidInput

# Without the number of the patch, which changes nothing in the API.
VERSION = settings.VERSION.rpartition(".")[0]


class ConsoleView(APIView):
    """An address; `permission` is what it asks for, None where signing in is enough."""

    permission: str | None = ""
    format_kwarg = None  # no suffixes such as .json

    @classmethod
    def as_view(cls, *actions: Any, **initkwargs: Any) -> Any:
        """Return the view, with its permission where the matrix of roles looks for it."""
        view: Any = super().as_view(*actions, **initkwargs)
        view.permission = initkwargs.get("permission", cls.permission)
        return view

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
        if request.method != "OPTIONS" and hasattr(self, str(request.method).lower()):
            self.check_parameters(request)

    def check_parameters(self, request: Request) -> None:
        """InvalidInput for every parameter that the address doesn't know."""
        known = {FORMAT} | self.known_parameters()
        if unknown := sorted(name for name in request.query_params if not self.knows(name, known)):
            there_are = f"Available: {', '.join(sorted(known))}."
            raise InvalidInput(dict.fromkeys(unknown, f"No such parameter. {there_are}"))

    def knows(self, name: str, known: set[str]) -> bool:
        """Whether the name is one of them, perhaps in another spelling."""
        return name in known

    def known_parameters(self) -> set[str]:
        """The names of the query parameters besides `format`."""
        return set()

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        """Nothing is kept by browsers and proxies."""
        final: Response = super().finalize_response(request, response, *args, **kwargs)
        add_never_cache_headers(final)
        final["API-Version"] = VERSION
        return final


class UnknownAddress(ConsoleView):
    """Whatever else stands below /api."""

    permission = None
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise Http404


def unknown_address(request: HttpRequest) -> HttpResponseBase:
    """404 in the API's own form. A function: breadcrumbs would list a view for each part of an address."""
    found: HttpResponseBase = UnknownAddress.as_view()(request)
    return found


unknown_address.permission = None  # type: ignore[attr-defined]  # what the matrix of roles reads
unknown_address.csrf_exempt = True  # type: ignore[attr-defined]  # as every view of the API: DRF checks itself
