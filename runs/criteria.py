"""What a list of runs was asked for, as one value shared by page, API, export and job."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from ops.engine.ids import FULL, as_hex, sought

WINDOW = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class RunCriteria:
    """Every condition must hold; several values of one condition are alternatives. Times: [from, to)."""

    states: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    function_ids: tuple[str, ...] = ()
    event_ids: tuple[str, ...] = ()
    created_from: datetime | None = None
    created_to: datetime | None = None
    worker: str = ""
    has_error: bool | None = None
    attempt: int | None = None
    job: int | None = None
    search: str = ""
    windowed: bool = False
    others: bool = False  # there are conditions of which nothing is known here

    @property
    def needs_window(self) -> bool:
        """True when no index serves the conditions, so that all time would mean reading all rows."""
        unserved = self.has_error is not None or self.attempt is not None or self.others
        served = self.created_from or self.event_ids or self.worker or self.job or sought(self.search)
        return bool(unserved and not served)

    def within_window(self, *, now: datetime) -> Self:
        """The same, limited to the last 24 hours when it needs a window."""
        if not self.needs_window:
            return self
        end = min(self.created_to or now, now)
        return replace(self, created_from=end - WINDOW, windowed=True)

    @property
    def is_one_id(self) -> bool:
        """Whether the search is a whole id."""
        digits = as_hex(self.search)
        return digits is not None and len(digits) == FULL
