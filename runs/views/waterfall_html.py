"""The lines of a waterfall, written without a template: there may be 200, and that is ten times as fast."""

from collections.abc import Iterable
from urllib.parse import quote

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from runs.views.waterfall import Line, Stretch

UNTIMED = "no times are stored"


def lines_html(lines: Iterable[Line], chosen: str | None, query: str) -> SafeString:
    """A list item each; `chosen` is the step in the panel, `query` goes with the link to any other."""
    before = f"{escape(query)}&amp;" if query else ""
    return mark_safe("\n".join(line_html(line, chosen, before) for line in lines))  # noqa: S308 - escaped below


def line_html(line: Line, chosen: str | None, before: str) -> str:
    """Label, bar and length."""
    stretch = line.stretch
    is_open = stretch.step is not None and stretch.step.step_id == chosen
    kind = f' class="inner{" is-open" if is_open else ""}"' if stretch.step else ""
    return (
        f"<li{kind}>{label_html(stretch, before, is_open=is_open)}\n{bar_html(line)}\n"
        f'<span class="took">{line.took_text}</span></li>'
    )


def label_html(stretch: Stretch, before: str, *, is_open: bool) -> str:
    """What it is; a step leads to its values."""
    words = escape(stretch.label)
    current = ' aria-current="true"' if is_open else ""
    step = f"?{before}step={quote(stretch.label, safe='')}#step"
    inner = f'<a class="row-link" href="{step}"{current}>{words}</a>' if stretch.step else words
    return f'<span class="label" title="{words}">{inner}</span>'


def bar_html(line: Line) -> str:
    """The bar on the grid, or why there is none."""
    if not line.width:
        return f'<span class="dim">{escape(line.stretch.note or UNTIMED)}</span>'
    words, place = escape(line.title), f'x="{line.x}" y="4" width="{line.width}" height="12"'
    return (
        f'<svg class="track" role="img" aria-label="{words}"><title>{words}</title><use href="#grid"/>'
        f'<rect class="{escape(line.looks)}" {place} rx="3"/></svg>'
    )
