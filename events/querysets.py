"""Every question asked of the events table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from django.core.cache import cache
from django.db import connection, models
from django.db.models import Q

from events.criteria import EventCriteria
from events.sql import EVENT_NAMES
from ops.engine import extensions
from ops.engine.ids import sought
from ops.lists.pagination import Order
from ops.lists.spread import FEW, Branch, branches_of

if TYPE_CHECKING:
    from events.models import Event  # noqa: F401 - named in strings below

# Events of other tools may carry ids that say nothing of their time.
NEWEST_FIRST = Order(columns=("timestamp", "id"))


class EventQuerySet(models.QuerySet["Event"]):
    """Events, by name of the question; lists never read the payload."""

    def for_list(self, *more: str) -> Self:
        """The columns a list shows: all but the payload."""
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

    def branches(self, criteria: EventCriteria) -> list[Branch]:
        """Disjoint parts, whose union is all that match; each can be read in order from an index."""
        base, asked = self.matching(criteria), criteria.names
        if not criteria.search:
            return [*of_names(base, asked, criteria)]
        named = [name for name in event_names() if criteria.search.lower() in name.lower()]
        meant = sought(criteria.search)
        by_id = [meant.on("id")] if meant else []
        others = base.filter(name__among=asked) if asked else base
        found: list[Branch] = [others.filter(condition) for condition in by_id]
        rest = [~condition for condition in by_id]
        for condition in (Q(idempotency_key=criteria.search), Q(user_id=criteria.search)):
            found.append(others.filter(condition, *rest, ~Q(name__among=named)))
            rest.append(~condition)
        wanted = [name for name in named if not asked or name in asked]
        return [*found, *(of_names(base.filter(*rest[: len(by_id)]), wanted, criteria) if wanted else ())]


def of_names(rows: EventQuerySet, names: Sequence[str], criteria: EventCriteria) -> Sequence[Branch]:
    """The events of these names, or of all."""
    few, narrowed = len(names) <= FEW, criteria.user_id or criteria.idempotency_key
    served = not few and not narrowed and extensions.recent()["indexes"].is_current
    return branches_of(rows, "name", names, few=few, served=served)


def event_names() -> list[str]:
    """The names of all events, sorted; at most 30 s old."""
    return list(cache.get_or_set("events.names", read_event_names, timeout=30) or ())


def read_event_names() -> list[str]:
    """The same from the database, by hopping along the index on name."""
    with connection.cursor() as cursor:
        cursor.execute(EVENT_NAMES)
        return [name for (name,) in cursor.fetchall()]
