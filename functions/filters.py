"""The filter of functions."""

from collections.abc import Mapping
from typing import Any

import django_filters

from functions.models import Function
from functions.querysets import Registered
from ops.lists.filters import StrictFilterSet

YES_NO = (("true", "Yes"), ("false", "No"))


class FunctionFilter(StrictFilterSet):
    """There are few functions: `matches()` looks at each, after `checked()`."""

    q = django_filters.CharFilter(label="Search", help_text="Part of an id, a name, an event or a schedule.")
    event = django_filters.CharFilter(
        label="Event", strip=False, help_text="Name of a triggering event; exact."
    )
    registered = django_filters.ChoiceFilter(choices=YES_NO, label="Registered")

    class Meta:
        model = Function
        fields: tuple[str, ...] = ()


def matches(values: Mapping[str, Any], function_id: str, registered: Registered | None) -> bool:
    """Whether a function meets all conditions."""
    if values["registered"] and (values["registered"] == "true") != (registered is not None):
        return False
    if values["event"] and not (registered and registered.definition.listens_to(values["event"])):
        return False
    text = values["q"].strip().lower()
    return not text or any(text in part.lower() for part in searched(function_id, registered))


def searched(function_id: str, registered: Registered | None) -> list[str]:
    """The texts in which the search looks."""
    if registered is None:
        return [function_id]
    definition = registered.definition
    return [function_id, definition.name, *(trigger.text for trigger in definition.triggers)]
