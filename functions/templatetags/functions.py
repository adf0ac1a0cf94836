"""Template tags about functions, for the pages of runs and events: `{% load functions %}`."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from functions.addresses import function_url
from functions.registry import heard_names, registry, without_run

register = template.Library()


@register.simple_tag
def function_address(function_id: str) -> str:
    """`{% function_address run.function_id %}`: where the function's page is."""
    return function_url(function_id)


@register.simple_tag
def function_link(function_id: str) -> SafeString:
    """`{% function_link run.function_id %}`: a link to the function's page."""
    return format_html(
        '<a class="link" href="{}">{}</a>', function_url(function_id), function_id or "no name"
    )


@register.simple_tag
def function_note(function_id: str) -> str:
    """`{% function_note run.function_id as note %}`: what has to be known of it; empty if nothing."""
    found = registry().functions.get(function_id)
    if found is None:
        return (
            "This function is not registered: no new event starts it, and a worker that doesn't know it fails"
            " its runs."
        )
    return found.definition.fault


@register.simple_tag
def missing_runs(event: Any, ran: Iterable[str]) -> list[str]:
    """`{% missing_runs event ran as missing %}`: functions that should have run the event and did not."""
    return without_run(event.name, event.timestamp, ran)


@register.simple_tag
def listeners() -> frozenset[str]:
    """`{% listeners as heard %}`: the names of the events that some registered function listens to."""
    return heard_names()
