"""The lines of a waterfall: `{% load waterfall %}`."""

from django import template
from django.utils.safestring import SafeString

from runs.models import Step
from runs.views.waterfall import Waterfall
from runs.views.waterfall_html import lines_html

register = template.Library()


@register.simple_tag
def lines(waterfall: Waterfall, step: Step | None, query: str) -> SafeString:
    """`{% lines waterfall detail.step back_query %}`: a list item each; `query` goes with the links."""
    return lines_html(waterfall.lines, step.step_id if step else None, query)
