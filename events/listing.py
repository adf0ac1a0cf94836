"""One request for the list of events: what the address asks for, the rows, and the way to the rest."""

from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from django.core.cache import cache
from django.http import QueryDict

from events.criteria import EventCriteria
from events.filters import EventFilter
from events.models import Event
from events.querysets import NEWEST_FIRST
from ops.lists.active_filters import Chip, chips_of, joined, since
from ops.lists.pagination import Page, capped_count, paginate
from ops.platform.addresses import changed
from ops.platform.errors import InvalidInput

LIST = "/events"
SEARCHED = (
    "Searched: ids (whole, their beginning, or as lists shorten them), parts of names, whole idempotency keys"
    " and whole users. Not searched: payloads."
)
SIZE = 50
COUNT_SECONDS = 10
LABELS = {
    "q": "search",
    "name": "name",
    "user_id": "user",
    "idempotency_key": "key",
    "received_from": "received",
    "received_to": "received before",
}


@dataclass
class EventList:
    """One request for the list; reads nothing until it is asked."""

    data: QueryDict
    faults: dict[str, str] = field(default_factory=dict)

    @cached_property
    def filter(self) -> EventFilter:
        """The filter, without what belongs to the listing alone."""
        asked = self.data.copy()
        asked.pop("cursor", None)
        return EventFilter(asked)

    @cached_property
    def criteria(self) -> EventCriteria | None:
        """What to show; None when something in the address is wrong, never something wider."""
        try:
            return self.filter.checked_criteria()
        except InvalidInput as error:
            self.faults |= error.fields
            return None

    @cached_property
    def page(self) -> Page:
        """The rows and the cursors beside them; empty when something in the address is wrong."""
        if self.criteria is None:
            return Page([], None, None)
        try:
            return paginate(
                Event.objects.branches(self.criteria),
                lambda events: events.for_list(),
                order=NEWEST_FIRST,
                size=SIZE,
                cursor=self.data.get("cursor", ""),
                scope=self.address(),
            )
        except InvalidInput as error:
            self.faults |= error.fields
            return Page([], None, None)

    @property
    def is_valid(self) -> bool:
        """Whether everything in the address makes sense, the cursor included."""
        return self.page is not None and not self.faults

    @cached_property
    def count(self) -> int:
        """How many match, capped; kept for a few seconds when it is more than this page shows."""
        if self.criteria is None or not self.is_valid:
            return 0
        if not (self.page.next or self.page.previous):
            return len(self.page.rows)
        branches = Event.objects.branches(self.criteria)
        key = f"events.count.{sha256(self.address().encode()).hexdigest()}"
        return int(cache.get_or_set(key, lambda: capped_count(branches), timeout=COUNT_SECONDS) or 0)

    @cached_property
    def chips(self) -> list[Chip]:
        """The filters that are on, in the order of the form."""
        return chips_of(self.data, LABELS, self.address, worded, {"received_from": "received_to"})

    def address(self, **changes: str | None) -> str:
        """The list's address with other values; from the first page unless a cursor is given."""
        return changed(LIST, self.data, changes)

    @property
    def name(self) -> str:
        """The first name that was asked for: the one that the form shows."""
        return next(iter(self.data.getlist("name")), "")

    @property
    def other_names(self) -> list[str]:
        """The others: the form carries them along."""
        return self.data.getlist("name")[1:]

    @property
    def next(self) -> str:
        """The address of older events."""
        return self.address(cursor=self.page.next) if self.page.next else ""

    @property
    def previous(self) -> str:
        """The address of newer events."""
        return self.address(cursor=self.page.previous) if self.page.previous else ""

    @property
    def empty(self) -> dict[str, Any]:
        """Why the list is empty, and what to do."""
        if self.data.get("cursor"):
            return {"title": "Nothing on this page any more", "link": self.address(), "word": "First page"}
        if not self.chips:
            return {"title": "No events yet", "text": "An event appears when an application sends one."}
        if self.criteria and self.criteria.search:
            return nothing_found(self.criteria.search, len(self.chips) - 1)
        clear = "the filter" if len(self.chips) == 1 else f"{len(self.chips)} filters"
        text = f"Clear {clear}, or widen the time range."
        return {"title": "No events match these filters", "text": text, "link": LIST, "word": "Clear filters"}


def nothing_found(search: str, others: int) -> dict[str, str]:
    """What an empty list says of a search: where was looked and where not, and where else to look."""
    within = f"The search was limited by {others} other filter{'s' if others > 1 else ''}. " if others else ""
    return {
        "title": f"No event found for “{search}”",
        "text": f"{within}{SEARCHED}",
        "link": f"{LIST}?{urlencode({'q': search})}" if others else LIST,
        "word": "Search all events" if others else "Clear the search",
        "other_link": f"/runs?{urlencode({'q': search})}",
        "other_word": "Search runs",
    }


def worded(name: str, texts: list[str]) -> str:
    """The range as `last 24 h`, anything else as it was given."""
    return since(texts[0]) if name == "received_from" else joined(name, texts)
