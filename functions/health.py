"""How functions do: their runs of the last day, and what is going on now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from functions.addresses import function_url
from functions.querysets import Registered
from ops.display.charts import Chart, sparkline
from ops.lists.pagination import capped_count
from ops.platform.caching import kept
from runs.links import runs_link
from runs.models import Run
from runs.states import State
from runs.stats.last_runs import last_runs
from runs.stats.live import AGE
from runs.stats.statistics import Frame, FunctionFigures, frame, thinned
from runs.stats.time_ranges import until_now


@dataclass(frozen=True)
class Row:
    """One function in the list; `figures` is None when it had no run in the frame."""

    id: str
    registered: Registered | None
    figures: FunctionFigures | None
    last_run: datetime | None
    runs_link: str
    failed_link: str

    @property
    def address(self) -> str:
        """The function's page."""
        return function_url(self.id)

    @property
    def trend(self) -> Chart | None:
        """Its failures over the frame; None when it had none."""
        if self.figures is None or not self.figures.failed:
            return None
        return sparkline(thinned(self.figures.failures), label="Failed runs over time", kind="failed")


def last_day() -> Frame:
    """What the figures of all functions are told from."""
    return frame(until_now("24h", now=timezone.now()))


def rows_of(functions: Mapping[str, Registered | None], day: Frame) -> list[Row]:
    """The rows in the order given."""
    newest = last_runs(list(functions))
    return [
        Row(
            name,
            registered,
            day.by_function.get(name),
            newest.get(name),
            runs_link(day.span, function_id=name),
            runs_link(day.span, function_id=name, state="failed"),
        )
        for name, registered in functions.items()
    ]


def counts_now(function_id: str) -> Mapping[str, int]:
    """State → runs of the function in that open state, counted up to 10,000."""
    return kept("open", function_id, read=lambda: read_counts(function_id), seconds=AGE)


def read_counts(function_id: str) -> dict[str, int]:
    """The same, from the database. Index console_runs_function_status_id."""
    runs = Run.objects.filter(function_id=function_id)
    states: Sequence[State] = [state for state in State if state.is_open]
    return {state.value: capped_count([runs.in_state(state)]) for state in states}
