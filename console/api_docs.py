"""The OpenAPI file and its page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.views import SpectacularAPIView

from ops.access.guards import page
from ops.api.permissions import HasPermission
from ops.api.views import ConsoleView

PERMISSION = "runs.view_run"


class SchemaView(ConsoleView, SpectacularAPIView):
    """The OpenAPI 3 file of this API, as YAML or by `?format=json` as JSON."""

    permission = PERMISSION
    renderer_classes = SpectacularAPIView.renderer_classes
    permission_classes = (HasPermission,)
    schema = None


@page(PERMISSION)
def docs(request: HttpRequest) -> HttpResponse:
    """Swagger UI from our own static files, in our frame and under the strict policy."""
    return render(request, "console/api_docs.html", {"title": "API"})
