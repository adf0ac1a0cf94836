"""One request for the list of functions: those that are registered, and those that only occur in runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

from django.http import QueryDict

from functions.addresses import LIST
from functions.filters import FunctionFilter, matches
from functions.health import Row, last_day, rows_of
from functions.querysets import Registered
from functions.registry import registry
from ops.lists.active_filters import Chip, chips_of
from ops.platform.addresses import changed
from ops.platform.errors import InvalidInput
from runs.querysets import function_ids
from runs.stats.statistics import Frame

SEARCHED = (
    "Searched: parts of ids and names, of the events that start a function and of its schedules."
    " Not searched: its other settings."
)
SIZE = 30
LABELS = {"q": "search", "event": "event", "registered": "registered"}
WORDS = {"true": "yes", "false": "no"}


@dataclass
class FunctionList:
    """One request for the list."""

    data: QueryDict
    searched: ClassVar[str] = SEARCHED
    faults: dict[str, str] = field(default_factory=dict)

    @cached_property
    def filter(self) -> FunctionFilter:
        """The filter as the form shows it."""
        return FunctionFilter(self.data)

    @cached_property
    def matching(self) -> Mapping[str, Registered | None]:
        """All that match, by id; None for a function that isn't registered."""
        try:
            values = self.filter.checked()
        except InvalidInput as error:
            self.faults |= error.fields
            return {}
        known = registry().functions
        names = sorted(known.keys() | set(function_ids()))
        return {name: known.get(name) for name in names if matches(values, name, known.get(name))}

    @cached_property
    def start(self) -> int:
        """Where the page begins."""
        after = self.data.get("after")
        return 0 if after is None else sum(name <= after for name in self.matching)

    @cached_property
    def frame(self) -> Frame:
        """The last day."""
        return last_day()

    @cached_property
    def rows(self) -> list[Row]:
        """One page of them."""
        names = list(self.matching)[self.start : self.start + SIZE]
        return rows_of({name: self.matching[name] for name in names}, self.frame)

    @property
    def next(self) -> str:
        """The address of the functions that follow."""
        if self.start + SIZE >= len(self.matching):
            return ""
        return self.address(after=self.rows[-1].id)

    @property
    def previous(self) -> str:
        """The address of those before."""
        if not self.start:
            return ""
        names = list(self.matching)
        return self.address(after=names[self.start - SIZE - 1] if self.start > SIZE else None)

    @cached_property
    def chips(self) -> list[Chip]:
        """The filters that are on."""
        return chips_of(self.data, LABELS, self.address, lambda _, texts: WORDS.get(texts[-1], texts[-1]))

    def address(self, **changes: str | None) -> str:
        """The list's address with other values, from the first page unless `after` is given."""
        return changed(LIST, self.data, {"after": None, **changes})
