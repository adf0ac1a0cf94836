"""Values as the pages show them: moments, ids, shares; for templates and the columns of lists alike."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from ops.display import formatting
from ops.engine.values import Timestamp

DASH = mark_safe('<span class="dim">–</span>')


def short_id(identifier: Any) -> SafeString:
    """First 8 … last 4 characters, the whole id on hover."""
    if not identifier:
        return DASH
    whole = str(identifier)
    return format_html('<span class="mono" title="{}">{}</span>', whole, formatting.short_text(whole))


def time_html(moment: datetime, kind: str, text: str) -> SafeString:
    """A `<time>` that time.js keeps up to date in the viewer's zone; an unreadable one as it is stored."""
    if not getattr(moment, "known", True):
        return escape(Timestamp.text_of(moment))
    exact = formatting.exact_text(moment)
    machine = formatting.machine_text(moment)
    return mark_safe(  # noqa: S308 - digits and our own words only; `format_html` costs a list 2 ms
        f'<time datetime="{machine}" title="{exact}" data-time="{kind}">{text}</time>'
    )


def dash(value: Any) -> Any:
    """The value, or – when it is None or empty."""
    return DASH if value is None or value == "" else value


def ago(moment: datetime | None) -> SafeString:
    """`3 min ago`, exact on hover."""
    if moment is None:
        return DASH
    return time_html(moment, "ago", formatting.ago_text(moment, now=timezone.now()))


def exact(moment: datetime | None, kind: str = "exact") -> SafeString:
    """Date, time, milliseconds and zone; `{{ moment|exact:"clock" }}` without the date."""
    if moment is None:
        return DASH
    text = formatting.exact_text(moment)
    return time_html(moment, kind, text[11:] if kind == "clock" else text)


def counting(start: datetime | None) -> SafeString:
    """How long ago it began, counting up every second."""
    if start is None:
        return DASH
    return time_html(start, "counting", formatting.duration_text(max(timezone.now() - start, timedelta(0))))


def percent(share: float | None) -> str:
    """A share of 1 as `38 %`, `0.2 %`."""
    if share is None:
        return DASH
    value = share * 100
    return f"{value:.1f} %" if 0 < value < 9.95 else f"{value:.0f} %"


def first_line(text: str | None, length: int = 160) -> SafeString:
    """The first line of an error that says something, cut."""
    lines = (line.strip() for line in (text or "").splitlines())
    line = next((line for line in lines if line), "")
    return escape(line if len(line) <= length else line[: length - 1] + "…")
