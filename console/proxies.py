"""The caller's address behind reverse proxies, for the audit log and the throttling of sign-ins."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from ops.access.callers import address_or_none


class ForwardedForMiddleware:
    """Believe as many entries of X-Forwarded-For, from its end, as there are proxies of ours.

    An entry that is no address leaves that of the connection.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.PROXIES:
            entries = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
            said = address_or_none(entries[-settings.PROXIES :][0])
            request.META["REMOTE_ADDR"] = said or request.META.get("REMOTE_ADDR", "")
        return self.get_response(request)
