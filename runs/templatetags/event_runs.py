"""Runs on the pages of events, which know nothing of runs: `{% load event_runs %}`."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.db import DatabaseError

from ops.platform.database_errors import advice
from runs.of_events import MOST, runs_of, states_by_event

register = template.Library()


@register.simple_tag
def runs_by_state(events: Iterable[Any]) -> Mapping[str, list[tuple[str, int]]] | None:
    """`{% runs_by_state page.rows as found %}`: for all events of a page in one query; None in trouble."""
    try:
        return states_by_event(event.pk for event in events)
    except DatabaseError as error:
        if advice(error) is None:
            raise
        return None


@register.filter
def of_event(found: Mapping[str, list[tuple[str, int]]], event: Any) -> list[tuple[str, int]]:
    """`{{ found|of_event:event }}`: (state, number of runs)."""
    return found.get(event.pk, [])


@register.simple_tag
def runs_of_event(event: Any) -> dict[str, Any]:
    """`{% runs_of_event event as found %}`: rows, functions they name, whether that is all, trouble."""
    try:
        rows = runs_of(event.pk)
    except DatabaseError as error:
        if (text := advice(error)) is None:
            raise
        return {"trouble": text, "rows": [], "functions": set()}
    return {"rows": rows[:MOST], "more": len(rows) > MOST, "functions": {row.run.function_id for row in rows}}
