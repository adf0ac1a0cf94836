"""Template tags of every page: `{% load console %}`. docs/design-language.md shows each."""

import re
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from secrets import token_urlsafe
from typing import Any

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from ops.audit import verbs
from ops.display import formatting
from ops.display.badges import badge_html, icon_html
from ops.display.chart_html import columns_html, levels_html, marks_html, rows_html, strokes_html
from ops.display.charts import Chart
from ops.display.html import DASH, ago, counting, dash, exact, first_line, percent, short_id
from ops.display.json_tree import view
from ops.engine.values import Payload

register = template.Library()

for shown in (ago, counting, dash, exact, first_line, percent, short_id):
    register.filter(shown.__name__, shown)


@register.simple_tag
def fixed(name: str) -> SafeString:
    """A template that says the same on every page, rendered once in a process."""
    return render_to_string(name) if settings.DEBUG else rendered(name)


@cache
def rendered(name: str) -> SafeString:
    """The template without a context."""
    return render_to_string(name)


@register.simple_tag
def icon(name: str) -> SafeString:
    """`{% icon "clock" %}`: a heroicon of 16 px."""
    return icon_html(name)


@register.filter
def state_badge(state: Any, size: str = "") -> SafeString:
    """`{{ run.state|state_badge }}`, `{{ run.state|state_badge:"big" }}`: also steps' states and outcomes."""
    return badge_html(str(state), size) if state else DASH


@register.filter
def pairs(mapping: Any) -> list[tuple[Any, Any]]:
    """`{% for name, text in faults|pairs %}`: for keys that callers choose, because one may be `items`."""
    return list(mapping.items()) if mapping else []


@register.filter
def state_of(states: Mapping[str, str], key: Any) -> SafeString:
    """`{{ states|state_of:run_id }}`: the badge of what is known of the run; nothing where it is gone."""
    return badge_html(states[key]) if key in states else SafeString("")


RUN_ID = re.compile(r"(?<=\brun )[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


@register.filter
def run_links(sentence: str) -> SafeString:
    """A sentence in which each “run 0192…” leads to that run."""
    link = r'<a class="link mono" href="/runs/\g<0>">\g<0></a>'
    return mark_safe(RUN_ID.sub(link, escape(sentence)))  # noqa: S308 - escaped; an id is hexadecimal


@register.simple_tag
def once() -> SafeString:
    """`{% once %}` in a form: its key, so that it is done once however often it is sent."""
    return format_html('<input type="hidden" name="once" value="{}">', token_urlsafe(18))


@register.filter
def copy_button(text: Any, what: str = "") -> SafeString:
    """`{{ run.id|copy_button:"run id" }}`: a button that copies the text."""
    return format_html(
        '<button type="button" class="copy needs-js" data-copy="{}" aria-label="Copy {}" title="Copy {}">'
        '<span class="icon-copy">{}</span><span class="icon-done">{}</span></button>',
        str(text),
        what or "text",
        what or "text",
        icon_html("clipboard-document"),
        icon_html("check"),
    )


@register.filter
def duration(value: timedelta | float | None) -> str:
    """`1 h 02 m`, `3.4 s`, `120 ms`; a number is seconds."""
    return DASH if value is None else formatting.duration_text(value)


@register.filter
def about(seconds: float) -> str:
    """An estimate: `50 s`, `4 min`, `2 h`."""
    return formatting.about_text(seconds)


@register.filter
def verb_words(verb: str) -> str:
    """`Cancel runs` for `runs.cancel`."""
    return verbs.words_of(verb)


@register.filter
def door_words(door: str) -> str:
    return verbs.door_of(door)


@register.filter
def size(count: int | None) -> str:
    """Bytes as `12.3 KB`."""
    return DASH if count is None else formatting.size_text(count)


@register.filter
def number(value: float | None) -> str:
    """`1,284`; – when unknown."""
    return DASH if value is None else formatting.number_text(value)


@register.filter
def capped(count: int | None, limit: int = 10_000) -> str:
    """`1,284`, or `10,000+` when the count went over the limit."""
    return DASH if count is None else formatting.capped_text(count, limit)


@register.inclusion_tag("console/_chart.html")
def chart(chart: Chart, empty: str = "", tall: bool = False, note: str = "") -> dict[str, Any]:  # noqa: FBT001, FBT002 - a tag
    """`{% chart overview.by_state %}`; `empty` is said when there is nothing to draw, `note` below it."""
    parts = {
        "grid": strokes_html(chart) if chart.strokes else levels_html(chart),
        "marks": marks_html(chart.marks),
        "columns": columns_html(chart.areas),
        "rows": rows_html(chart),
    }
    return {"chart": chart, "empty": empty, "tall": tall, "note": note, **parts}


@register.inclusion_tag("console/_legend.html")
def legend(chart: Chart) -> dict[str, Any]:
    """What the colours of a chart mean."""
    return {"chart": chart}


@register.inclusion_tag("console/_spark.html")
def spark(chart: Chart) -> dict[str, Any]:
    return {"chart": chart}


@register.inclusion_tag("console/_json.html")
def json_view(payload: Payload | None, id: str, label: str = "JSON", more: str = "") -> dict[str, Any]:  # noqa: A002 - the tag's word for an element's id
    """`{% json_view run.input id="input" label="Input" more=address %}`."""
    return {"view": None if payload is None else view(payload), "id": id, "label": label, "more": more}
