"""The filter of events, shared by page and API."""

from typing import Any

import django_filters

from events.criteria import EventCriteria
from events.models import Event
from ops.lists.branches import Branches
from ops.lists.filters import MomentFilter, RepeatedFilter, StrictFilterSet


class EventFilter(StrictFilterSet):
    """`checked_criteria()` is what a door acts on; there is no other way from an address to a list."""

    periods = (("received_from", "received_to"),)
    plain = frozenset({"q", "name", "received_from"})

    name = RepeatedFilter(label="Name", help_text="Exact; repeatable.")
    user_id = django_filters.CharFilter(label="User", strip=False, help_text="Exact.")
    idempotency_key = django_filters.CharFilter(label="Idempotency key", strip=False, help_text="Exact.")
    received_from = MomentFilter(
        label="Received from", help_text="ISO 8601, or an age such as 24h; inclusive."
    )
    received_to = MomentFilter(
        label="Received before", help_text="ISO 8601, or an age such as 1h; exclusive."
    )
    q = django_filters.CharFilter(
        label="Search", help_text="Id or its beginning, part of a name, whole key or user."
    )

    class Meta:
        model = Event
        fields: tuple[str, ...] = ()

    def filter_queryset(self, queryset: Any) -> Branches:
        """What django-filter asks for once the parameters are valid."""
        return Branches(queryset.branches(criteria_of(self.form.cleaned_data)))

    def checked_criteria(self) -> EventCriteria:
        """The criteria; InvalidInput if any parameter is wrong."""
        return criteria_of(self.checked())


def criteria_of(values: dict[str, Any]) -> EventCriteria:
    """Clean form values as criteria."""
    return EventCriteria(
        names=values["name"],
        user_id=values["user_id"],
        idempotency_key=values["idempotency_key"],
        received_from=values["received_from"],
        received_to=values["received_to"],
        search=values["q"].strip(),
    )
