"""Every question asked of the events table."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Self

from django.core.cache import cache
from django.db import connection, models
from django.db.models import Q

from events.criteria import EventCriteria
from events.sql import EVENT_NAMES
from ops.engine.ids import as_hex, prefix_range
from ops.pagination import Order

if TYPE_CHECKING:
    from events.models import Event  # noqa: F401 - named in strings below

# Events of other tools may carry ids that say nothing of their time.
NEWEST_FIRST = Order(columns=("timestamp", "id"))
MAX_BRANCHES = 42
MAX_NAMES = 30


class EventQuerySet(models.QuerySet["Event"]):
    """Events, by name of the question; lists never read the payload."""

    def for_list(self) -> Self:
        """The columns a list shows."""
        return self.defer("data")

    def matching(self, criteria: EventCriteria) -> Self:
        """The events that meet all conditions but the alternatives of `branches`."""
        found = self
        if criteria.received_from:
            found = found.filter(timestamp__gte=criteria.received_from)
        if criteria.received_to:
            found = found.filter(timestamp__lt=criteria.received_to)
        if criteria.user_id:
            found = found.filter(user_id=criteria.user_id)
        if criteria.idempotency_key:
            found = found.filter(idempotency_key=criteria.idempotency_key)
        return found

    def branches(self, criteria: EventCriteria) -> list[Self]:
        """Disjoint querysets, whose union is all that match; each can be read in order from an index."""
        base = self.matching(criteria)
        names = [Q(name=name) for name in criteria.names] or [Q()]
        searches = alternatives(criteria.search) if criteria.search else [Q()]
        if len(names) * len(searches) > MAX_BRANCHES:
            names = [Q(name__in=criteria.names)]
        return [base.filter(*parts) for parts in product(names, searches)]


def alternatives(search: str) -> list[Q]:
    """Disjoint conditions: an id or its beginning, a name that holds the text, a whole key, a whole user."""
    names = [name for name in event_names() if search.lower() in name.lower()][:MAX_NAMES]
    key, user = Q(idempotency_key=search), Q(user_id=search)
    found = [Q(name=name) for name in names] + [key & ~Q(name__in=names)]
    found.append(user & ~key & ~Q(name__in=names))
    digits = as_hex(search)
    if digits is None:
        return found
    low, high = prefix_range(digits)
    by_id = Q(id__gte=low, id__lte=high)
    return [by_id, *(condition & ~by_id for condition in found)]


def event_names() -> list[str]:
    """The names of all events, sorted; at most 30 s old."""
    return list(cache.get_or_set("events.names", read_event_names, timeout=30) or ())


def read_event_names() -> list[str]:
    """The same from the database, by hopping along the index on name."""
    with connection.cursor() as cursor:
        cursor.execute(EVENT_NAMES)
        return [name for (name,) in cursor.fetchall()]
