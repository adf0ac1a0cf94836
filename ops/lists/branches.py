"""A list as the union of disjoint querysets, each of which an index serves in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ops.lists.spread import Branch


@dataclass(frozen=True)
class Window:
    """[start, end) of creation, to which a list is limited because no index serves its filter."""

    start: datetime | None
    end: datetime | None


@dataclass(frozen=True)
class Branches:
    """What a filter set makes of a queryset. One queryset with OR would lose the indexes: 4.5 → 100 ms."""

    querysets: Sequence[Branch]
    window: Window | None = None
