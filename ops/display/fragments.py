"""Fragment or page: decided here for every view that has both."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

DECIDED_BY = ("HX-Request", "HX-Boosted", "HX-History-Restore-Request")


def wants_fragment(request: HttpRequest) -> bool:
    """True for a request of htmx's own, unless it navigates (boosted) or restores a page of the history."""
    details = getattr(request, "htmx", None)
    return bool(details and not details.boosted and not details.history_restore_request)


def render_part(
    request: HttpRequest, *, page: str, fragment: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Render the fragment's template for htmx, else the page's; says so to caches by Vary."""
    template = fragment if wants_fragment(request) else page
    response = render(request, template, context, status=status)
    patch_vary_headers(response, DECIDED_BY)
    return response
