"""The list of runs: it stands still under its reader, and counts what is new."""

from datetime import timedelta
from functools import cached_property

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ops.engine.values import Timestamp
from ops.lists.changelist import CURSOR, EMPTY, ORDER, KeysetChangeList
from ops.lists.filters import StrictFilterSet, moment_of
from ops.lists.pagination import Page, capped_count, make_cursor
from ops.platform.errors import InvalidInput
from runs.models import Run
from runs.views.standing import Standing, ids_in, standing

NEW_CAP = 99
SEEN, ROWS = "seen", "rows"


class RunChangeList(KeysetChangeList):
    """A refresh asks for the rows that the page shows (`rows`), and what came since a moment (`seen`)."""

    parameters = (CURSOR, ORDER, SEEN, ROWS)
    element = "run-list"
    has_quick_view = True

    def check(self) -> None:
        """Add that a page has only so many rows."""
        super().check()
        if len(self.ids) > self.list_per_page:
            self.faults[ROWS] = f"Give at most {self.list_per_page} ids."

    @cached_property
    def seen(self) -> Timestamp | None:
        """The moment up to which the person has seen runs: newer ones are counted, not shown."""
        return moment_of(self.data.get(SEEN, ""))

    @property
    def ids(self) -> list[str]:
        """The runs that the person's page shows: a refresh leaves each where it is, whatever became of it."""
        return ids_in(self.data.get(ROWS, ""))

    def link_html(self, row: Run, text: str) -> SafeString:
        """With an id that keeps the focus over a refresh: the random end of the run's id."""
        link = '<a class="row-link" id="r{}" href="{}">{}</a>'
        return format_html(link, row.pk[-12:], self.url_for_result(row), text)

    def read(self) -> Page:
        """Nothing that the person hasn't seen."""
        until = self.asked.get("created_to")
        if not self.seen or (until and until <= self.seen):
            return super().read()
        try:
            shown = self.narrowed(created_to=Timestamp.text_of(self.seen)).found
        except InvalidInput:  # all that the filter asks for is newer
            return EMPTY
        return self.page_of(shown)

    def narrowed(self, **filters: str) -> StrictFilterSet:
        """The filter with other values."""
        data = self.filterset.data.copy()
        for name, value in filters.items():
            data[name] = value
        found: StrictFilterSet = self.model_admin.get_filterset(self, data)
        return found

    @cached_property
    def standing(self) -> Standing:
        """The rows that the table shows."""
        return standing(self.ids, self.page, newest_first=self.newest_first)

    @cached_property
    def result_list(self) -> list[Run]:
        return self.standing.rows

    @property
    def next(self) -> str:
        return self.beside("next") if self.standing.below else ""

    @property
    def previous(self) -> str:
        return self.beside("previous") if self.page.previous else ""

    def beside(self, direction: str) -> str:
        """The address of a neighbouring page of the rows that are shown."""
        row = self.result_list[-1 if direction == "next" else 0]
        return self.address(cursor=make_cursor(self.order, row, direction, self.scope))

    def address(self, **changes: str | None) -> str:
        return super().address(**{SEEN: None, ROWS: None, **changes})

    @cached_property
    def new(self) -> int:
        """How many match that the person hasn't seen: later ones, and those that match only by now."""
        if self.seen is None or not self.is_valid:
            return 0
        start = max(self.seen, self.asked.get("created_from") or self.seen)
        try:
            found = self.narrowed(created_from=Timestamp.text_of(start)).found
        except InvalidInput:  # the filter ends before
            return self.standing.above
        return capped_count(found.querysets, cap=NEW_CAP) + self.standing.above

    @property
    def new_words(self) -> str:
        """`3 new runs`."""
        shown = f"{NEW_CAP}+" if self.new > NEW_CAP else str(self.new)
        return f"{shown} new run{'' if self.new == 1 else 's'}"

    @property
    def is_top(self) -> bool:
        """Whether new runs would appear on this page."""
        return self.newest_first and not self.data.get(CURSOR)

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
        for name in (ROWS, SEEN):
            query.pop(name, None)
        if not self.is_top:
            query[SEEN] = self.seen_next
        return f"{self.request.path}?{query.urlencode()}"
