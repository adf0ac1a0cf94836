"""The list of functions: those that are registered, and those that only occur in runs, by id."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from functions.filters import matches
from functions.health import Row, last_day, rows_of
from functions.models import Function
from functions.querysets import Registered
from functions.registry import registry
from ops.lists.branches import Branches
from ops.lists.changelist import CURSOR, KeysetChangeList
from ops.lists.pagination import Order, Page, make_cursor, read_cursor
from runs.querysets import function_ids
from runs.stats.statistics import Frame
from runs.stats.time_ranges import in_words

BY_ID = Order(("id",), newest_first=False)


@dataclass(frozen=True)
class Named:
    """A place in the list."""

    id: str


def matching(values: Mapping[str, Any]) -> dict[str, Registered | None]:
    """All that match clean values, sorted by id; None for a function that isn't registered."""
    known = registry().functions
    names = sorted(known.keys() | set(function_ids()))
    return {name: known.get(name) for name in names if matches(values, name, known.get(name))}


def page_of(names: Sequence[str], *, limit: int, cursor: str, scope: str) -> Page:
    """The sorted names after the cursor, or before it: there are few, and the filter looks at each."""
    key, backwards = [""], False
    if cursor:
        key, backwards = read_cursor(cursor, order=BY_ID, scope=scope)
    start = bisect_right(names, key[0]) if cursor else 0
    end = start + limit
    if backwards:
        end = bisect_left(names, key[0])
        start = max(0, end - limit)
    rows = [Named(name) for name in names[start:end]]
    ahead, behind = rows and end < len(names), rows and start > 0
    return Page(
        rows=rows,
        next=make_cursor(BY_ID, rows[-1], "next", scope) if ahead else None,
        previous=make_cursor(BY_ID, rows[0], "previous", scope) if behind else None,
    )


class FunctionChangeList(KeysetChangeList):
    """Functions with the figures of their last day."""

    element = "function-list"
    newer, older = "Previous", "Next"

    @cached_property
    def found(self) -> Mapping[str, Registered | None]:
        """All that match, by id."""
        return matching(self.asked)

    @cached_property
    def frame(self) -> Frame:
        """The last day."""
        return last_day()

    @cached_property
    def branches(self) -> Branches:
        """None: the filter looks at each function, registered or not."""
        return Branches(())

    def read(self) -> Page:
        names = list(self.found)
        cursor = self.data.get(CURSOR, "")
        page = page_of(names, limit=self.list_per_page, cursor=cursor, scope=self.scope)
        shown = {row.id: self.found[row.id] for row in page.rows}
        return replace(page, rows=[self.listed(row) for row in rows_of(shown, self.frame)])

    def listed(self, row: Row) -> Any:
        """A function as the columns take it; one that isn't registered has no row of its own."""
        function: Any = Function(pk=row.id)
        function.listed = row
        return function

    def counted(self) -> int:
        return len(self.found)

    @property
    def order_words(self) -> str:
        shown = self.frame
        length = in_words(shown.span.age)
        return f"by id · figures of the runs created in the last {length}" + (
            ": 24 h hold too many runs" if shown.is_shortened else ""
        )
