"""JSON that passes payloads on as they are stored, and the same JSON as a page for people."""

import json
import re
import secrets
from collections.abc import Mapping
from typing import Any

from django.template.loader import render_to_string
from rest_framework.renderers import BaseRenderer
from rest_framework.renderers import JSONRenderer as PlainJSONRenderer
from rest_framework.utils.encoders import JSONEncoder

from ops.engine.values import Payload

SHOWN = 200_000


class PayloadEncoder(JSONEncoder):
    """Puts the text of each payload where it belongs: parsing and writing it again would alter numbers."""

    def encode(self, o: Any) -> str:
        """The JSON of the whole answer."""
        self.mark, self.payloads = secrets.token_hex(16), list[str]()
        text = super().encode(o)
        if not self.payloads:
            return text
        return re.sub(f'"{self.mark} ([0-9]+)"', lambda found: self.payloads[int(found[1])], text)

    def default(self, o: Any) -> Any:
        """A mark that nobody can foresee, in the place of the payload."""
        if not isinstance(o, Payload):
            return super().default(o)
        self.payloads.append(o.text)
        return f"{self.mark} {len(self.payloads) - 1}"


class JSONRenderer(PlainJSONRenderer):
    """JSON (RFC 8259) in UTF-8."""

    encoder_class = PayloadEncoder

    def get_indent(self, accepted_media_type: str, renderer_context: Mapping[str, Any]) -> None:
        """Compact, whatever the media type asks for."""
        return


class PageRenderer(BaseRenderer):
    """The answer in a page of the console: to look at, with links to the pages before and after."""

    media_type = "text/html"
    format = "api"
    charset = "utf-8"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> str:
        """The page."""
        assert renderer_context is not None  # noqa: S101 - Django REST framework always gives it
        view, request, response = (renderer_context[name] for name in ("view", "request", "response"))
        content = pretty(JSONRenderer().render(data).decode())
        context = {
            "title": f"{request.method} {request.path}",
            "answer": response,
            "about": view.get_view_description(),
            "content": content[:SHOWN],
            "is_cut": len(content) > SHOWN,
            "next": data.get("next") if isinstance(data, dict) else None,
            "previous": data.get("previous") if isinstance(data, dict) else None,
        }
        return render_to_string("rest_framework/api.html", context, request=request._request)


def pretty(text: str) -> str:
    """Indented, if it isn't too long or too deep for that."""
    if len(text) > SHOWN:
        return text
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
