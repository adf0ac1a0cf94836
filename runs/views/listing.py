"""One request for the list of runs: what the address asks for, the rows, and the way to the rest."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from hashlib import sha256
from urllib.parse import urlencode

from django.core.cache import cache
from django.http import QueryDict
from django.utils import timezone

from ops.engine.values import Timestamp
from ops.lists.active_filters import Chip
from ops.lists.filters import moment_of
from ops.lists.pagination import Page, capped_count, make_cursor, paginate
from ops.platform.errors import InvalidInput
from runs.criteria import RunCriteria
from runs.filters import RunFilter
from runs.models import Run
from runs.ordering import run_order
from runs.views.active_filters import LIST, address, run_chips
from runs.views.rows import Row, rows_of
from runs.views.standing import Standing, ids_in, standing

SIZE = 50
NEW_CAP = 99
COUNT_SECONDS = 10


@dataclass
class RunList:
    """One request for the list; reads nothing until it is asked."""

    data: QueryDict
    faults: dict[str, str] = field(default_factory=dict)

    @cached_property
    def newest_first(self) -> bool:
        """The order asked for."""
        return self.data.get("order") != "oldest"

    @cached_property
    def filter(self) -> RunFilter:
        """The filter, without what belongs to the listing alone."""
        asked = self.data.copy()
        for name in ("cursor", "order", "seen", "rows"):
            asked.pop(name, None)
        return RunFilter(asked)

    @property
    def filter_query(self) -> str:
        """The filter alone, as an address has it: what a job over all that match is made from."""
        return urlencode([(name, text) for name, texts in self.filter.data.lists() for text in texts if text])

    @cached_property
    def criteria(self) -> RunCriteria | None:
        """What to show; None when something in the address is wrong, never something wider."""
        try:
            criteria = self.filter.checked_criteria()
        except InvalidInput as error:
            self.faults |= error.fields
        if self.data.get("order", "newest") not in {"", "newest", "oldest"}:
            self.faults["order"] = "Give newest or oldest."
        if len(self.ids) > SIZE:
            self.faults["rows"] = f"Give at most {SIZE} ids."
        return None if self.faults else criteria

    @cached_property
    def seen(self) -> Timestamp | None:
        """The moment up to which the person has seen runs: newer ones are counted, not shown."""
        return moment_of(self.data.get("seen", ""))

    @property
    def ids(self) -> list[str]:
        """The runs that the person's page shows: a refresh leaves each where it is, whatever became of it."""
        return ids_in(self.data.get("rows", ""))

    @cached_property
    def page(self) -> Page:
        """The rows and the cursors beside them; empty when something in the address is wrong."""
        if self.criteria is None:
            return Page([], None, None)
        shown = self.criteria
        if self.seen and (shown.created_to is None or self.seen < shown.created_to):
            shown = replace(shown, created_to=self.seen)
        try:
            return paginate(
                Run.objects.branches(shown),
                lambda runs: runs.for_list(),
                order=run_order(newest_first=self.newest_first),
                size=SIZE,
                cursor=self.data.get("cursor", ""),
                scope=self.scope,
            )
        except InvalidInput as error:
            self.faults |= error.fields
            return Page([], None, None)

    @cached_property
    def standing(self) -> Standing:
        """The rows that the table shows."""
        return standing(self.ids, self.page, newest_first=self.newest_first)

    @property
    def next(self) -> str:
        """The address of the page after the rows."""
        return self.beside("next") if self.standing.below else ""

    @property
    def previous(self) -> str:
        """The address of the page before the rows."""
        return self.beside("previous") if self.page.previous else ""

    def beside(self, direction: str) -> str:
        """The address of a neighbouring page of the rows that are shown."""
        row = self.standing.rows[-1 if direction == "next" else 0]
        cursor = make_cursor(run_order(newest_first=self.newest_first), row, direction, self.scope)
        return address(self.data, cursor=cursor)

    @property
    def is_valid(self) -> bool:
        """Whether everything in the address makes sense, the cursor included."""
        return self.page is not None and not self.faults

    @cached_property
    def scope(self) -> str:
        """The filter as text: a cursor made under another one doesn't fit."""
        return address(self.data, order=None)

    @cached_property
    def count(self) -> int | None:
        """How many match, capped; kept for a few seconds when it is more than this page shows."""
        if self.criteria is None or not self.is_valid:
            return None
        if not (self.page.next or self.page.previous):
            return len(self.page.rows)
        key = f"runs.count.{sha256(self.scope.encode()).hexdigest()}"
        branches = Run.objects.branches(self.criteria)
        return int(cache.get_or_set(key, lambda: capped_count(branches), timeout=COUNT_SECONDS) or 0)

    @cached_property
    def new(self) -> int:
        """How many match that the person hasn't seen: later ones, and those that match only by now."""
        if self.seen is None or self.criteria is None or not self.is_valid:
            return 0
        start = max(self.seen, self.criteria.created_from or self.seen)
        later = capped_count(Run.objects.branches(replace(self.criteria, created_from=start)), cap=NEW_CAP)
        return later + self.standing.above

    @property
    def is_top(self) -> bool:
        """Whether new runs would appear on this page."""
        return self.newest_first and not self.data.get("cursor")

    @property
    def seen_next(self) -> str:
        """What a refresh that must not move the rows gives as `seen`."""
        if self.seen is not None:
            return Timestamp.text_of(self.seen)
        rows = self.page.rows
        if self.is_top and rows and rows[0].created_at.known:
            return Timestamp.text_of(Timestamp.at(rows[0].created_at + timedelta(microseconds=1)))
        return Timestamp.text_of(timezone.now())

    @property
    def refresh(self) -> str:
        """The address of the next refresh; runs.js adds the rows. Pages but the first count what is new."""
        query = self.data.copy()
        for name in ("rows", "seen"):
            query.pop(name, None)
        if not self.is_top:
            query["seen"] = self.seen_next
        return f"{LIST}?{query.urlencode()}"

    @cached_property
    def chips(self) -> list[Chip]:
        """The filters that are on."""
        return run_chips(self.data)

    @property
    def rows(self) -> list[Row]:
        """What the table shows."""
        return rows_of(self.standing.rows)
