"""The OpenAPI file and its page."""

from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from ops.api.views import ApiView
from ops.pages import page

PERMISSION = "runs.view_run"


class SchemaView(ApiView, SpectacularAPIView):
    """The OpenAPI 3 file of this API, as YAML or by `?format=json` as JSON."""

    permission = PERMISSION
    renderer_classes = SpectacularAPIView.renderer_classes
    schema = None


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI from our own static files; its script is an answer of its own, for the strict policy."""

    authentication_classes = ()  # the page's own guard has asked
    permission_classes = ()
    throttle_classes = ()
    template_name = "console/api_docs.html"
    url = "/api/schema/?format=json"


docs = page(PERMISSION)(DocsView.as_view())
