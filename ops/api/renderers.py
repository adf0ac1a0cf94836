"""JSON that passes payloads on as they are stored, and the browsable API in the console's look."""

import json
import re
import secrets
from collections.abc import Mapping
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from rest_framework.renderers import BrowsableAPIRenderer, HTMLFormRenderer
from rest_framework.renderers import JSONRenderer as PlainJSONRenderer
from rest_framework.utils.encoders import JSONEncoder

from ops.engine.values import Payload

SHOWN = 200_000
LINK = r'&quot;<a href="\1">\1</a>&quot;'


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


class FormRenderer(HTMLFormRenderer):
    """Forms with the console's own fields."""

    template_pack = "rest_framework/console/"


class BrowsableRenderer(BrowsableAPIRenderer):
    """The browsable API under the strict policy: no inline style, no script of DRF's."""

    template = "rest_framework/api.html"
    filter_template = "rest_framework/_filters.html"
    form_renderer_class = FormRenderer

    def get_content(self, renderer: Any, data: Any, accepted_media_type: Any, renderer_context: Any) -> str:
        """The JSON, indented."""
        return pretty(renderer.render(data).decode())

    def render_form_for_serializer(self, serializer: Any) -> Any:
        if hasattr(serializer, "initial_data"):
            serializer.is_valid()
        style = {"style": {"template_pack": self.form_renderer_class.template_pack}}
        return self.form_renderer_class().render(serializer.data, None, style)

    def get_context(
        self, data: Any, accepted_media_type: str | None, renderer_context: Mapping[str, Any]
    ) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(data, accepted_media_type, renderer_context)
        content = context["content"]
        return context | {
            "title": context["name"],
            "content": linked(content[:SHOWN], renderer_context["request"].build_absolute_uri("/")),
            "is_cut": len(content) > SHOWN,
            "next": data.get("next") if isinstance(data, dict) else None,
            "previous": data.get("previous") if isinstance(data, dict) else None,
        }


def linked(text: str, here: str) -> SafeString:
    """The text as HTML, in which this console's own addresses can be followed."""
    address = rf"(?:{re.escape(escape(here))}|/(?!/))(?:[^&\s]|&amp;)*"
    return mark_safe(re.sub(rf"&quot;({address})&quot;", LINK, escape(text)))  # noqa: S308 - escaped before


def pretty(text: str) -> str:
    """Indented, if it isn't too long or too deep for that."""
    if len(text) > SHOWN:
        return text
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
