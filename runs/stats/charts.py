"""The charts of a frame: runs by state, throughput, backlog."""

from dataclasses import dataclass
from datetime import tzinfo
from functools import cached_property

from django.db import connection

from ops.display.charts import Chart, Series, bars, lines
from ops.display.formatting import duration_text
from ops.display.timezones import Tick, labels, ticks, zone_name
from ops.lists.pagination import COUNT_CAP
from runs.links import runs_link
from runs.states import State
from runs.stats.statistics import BUDGET, Frame
from runs.stats.time_ranges import in_words

LONGEST_LINK = 200
# From the bottom of a bar to its top: what went well carries the rest.
STACK = (
    State.COMPLETED,
    State.CANCELLED,
    State.RUNNING,
    State.QUEUED,
    State.HELD,
    State.STUCK,
    State.FAILED,
)


@dataclass(frozen=True)
class FrameCharts:
    """What the pages draw of one frame, in the viewer's zone."""

    frame: Frame
    zone: tzinfo
    function_id: str | None = None

    @cached_property
    def begins(self) -> list[str]:
        """Where each bucket begins, in words."""
        return labels([start for start, _ in self.frame.buckets], self.zone)

    @cached_property
    def ticks(self) -> list[Tick]:
        """What stands below the charts."""
        return ticks([start for start, _ in self.frame.buckets], self.zone)

    @property
    def zone_name(self) -> str:
        """Whose clock the charts show."""
        return zone_name(self.zone, self.frame.span.end)

    @property
    def step(self) -> str:
        """How long a bucket is: `30 m`, `3 h`."""
        return (
            duration_text(self.frame.span.step)
            .removesuffix(" 00 s")
            .removesuffix(" 00 m")
            .removesuffix(" 00 h")
        )

    @property
    def filters(self) -> dict[str, str]:
        """What the lists behind the charts are limited to besides time."""
        return {} if self.function_id is None else {"function_id": self.function_id}

    @cached_property
    def by_state(self) -> Chart:
        """Runs by when they were created and their state now; each bar leads to its runs."""
        found = self.frame.by_state()
        states = [state for state in STACK if any(found[state])]
        return bars(
            "Runs by state",
            buckets=self.begins,
            series=[Series(state.value, state.label, found[state]) for state in states],
            links=self.links,
            ticks=self.ticks,
        )

    @property
    def links(self) -> list[str]:
        """The list behind each bar; none where a long id would be repeated a hundred times."""
        links = [runs_link(bucket, **self.filters) for bucket in self.frame.buckets]
        return links if max(map(len, links)) <= LONGEST_LINK and all(links) else []

    @cached_property
    def throughput(self) -> Chart:
        """What workers did in each bucket."""
        flow = self.frame.throughput()
        series = [
            Series("running", "Started", flow.started),
            Series("completed", "Completed", flow.completed),
            Series("failed", "Failed", flow.failed),
        ]
        unit = f"runs per {self.step}"
        return lines("Throughput", buckets=self.begins, series=series, unit=unit, ticks=self.ticks)

    @cached_property
    def backlog(self) -> Chart:
        """Runs waiting at the end of each bucket."""
        series = [Series("queued", "Waiting", self.frame.backlog())]
        return lines(
            "Backlog", buckets=self.begins, series=series, unit="waiting runs", area=True, ticks=self.ticks
        )

    @property
    def shortened(self) -> str:
        """Said when the range that was asked for is not what is shown."""
        if not self.frame.is_shortened:
            return ""
        shown = in_words(self.frame.span.age) + ("" if self.frame.is_live else " of the range")
        return f"Figures of the last {shown}: the range holds more than {BUDGET[connection.vendor]:,} runs."

    @property
    def since(self) -> str:
        """From when on runs were read: `19 Nov 20:48`."""
        begin = self.frame.read_from.astimezone(self.zone)
        return f"{begin.day} {begin:%b %H:%M}"

    @property
    def reading(self) -> str:
        """What throughput can't know."""
        going_on = f" The last {self.step} are not over yet." if self.frame.is_live else ""
        return f"Of runs created since {self.since}.{going_on}"

    @property
    def waiting(self) -> str:
        """What the backlog can't know."""
        known = f"Waits for the first start. {self.unseen}".rstrip()
        return f"{known} Waits before a retry are not recorded: they count at the end only."

    @property
    def drawn(self) -> str:
        """The name of the range that is drawn: a shorter one where the one that was asked for is too full."""
        span = self.frame.span
        return span.age if self.frame.is_shortened and self.frame.is_live else span.name

    @property
    def length(self) -> str:
        """How long the frame is: `24 h`."""
        return in_words(self.frame.span.age)

    @property
    def unseen(self) -> str:
        """Said when the backlog has a part that is not drawn."""
        if self.frame.waiting_before is not None:
            return ""
        return f"More than {COUNT_CAP:,} others, created before {self.since}, are not drawn."
