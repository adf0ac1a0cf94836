"""Which requests may come under any host name."""

from django.http import HttpRequest, HttpResponsePermanentRedirect
from django.middleware.common import CommonMiddleware

# Asked from inside, by an address that nobody lists in CONSOLE_ALLOWED_HOSTS; their answers hold no address.
ANY_HOST = frozenset({"/healthz", "/readyz", "/metrics"})


class HostMiddleware(CommonMiddleware):
    """Django's, which refuses unknown hosts, but for what probes and scrapers ask."""

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        if request.path_info in ANY_HOST:
            return None
        return super().process_request(request)
