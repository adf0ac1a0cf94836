"""The waterfall of a run: waiting, lease and steps on one axis of time, as far as the engine keeps them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from ops.display.formatting import duration_text
from runs.models import Run, Step, elapsed
from runs.states import State, Status

DIVISIONS = 5
NARROWEST = 0.5  # percent of the track: what is shorter would not be seen
# Waiting longer than this many times everything else is drawn short, and says so.
LONG_WAIT = 2
FOREVER = datetime(9000, 1, 1, tzinfo=UTC)
SAVED_ONLY = "Only the time of saving is kept: it began some time after the previous step."
ATTEMPTS_LOST = "The engine keeps no times for individual attempts."
RETRY_LOST = "The engine doesn't keep when the last attempt ended."


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """One line before it is drawn. `vague`: the start is not known; `open`: it is still going on."""

    label: str
    look: str
    begin: datetime | None = None
    end: datetime | None = None
    note: str = ""
    vague: bool = False
    open: bool = False
    step: Step | None = None

    @property
    def took(self) -> timedelta | None:
        """Its length, or None when the row doesn't say."""
        return elapsed(self.begin, self.end)


@dataclass(frozen=True)
class Line:
    """A stretch with its place on the track, in percent; without `width` there is no bar."""

    stretch: Stretch
    x: str = ""
    width: str = ""

    @property
    def looks(self) -> str:
        """Classes of the bar."""
        vague = " bar-vague" if self.stretch.vague else ""
        return f"bar bar-{self.stretch.look}{vague}{' bar-moving' if self.stretch.open else ''}"

    @property
    def took_text(self) -> str:
        """The length in words; at most that long where the start isn't known."""
        took = self.stretch.took
        return "" if took is None else f"{'≤ ' if self.stretch.vague else ''}{duration_text(took)}"

    @property
    def title(self) -> str:
        """What the bar says on hover and to a screen reader."""
        return ": ".join(filter(None, (self.stretch.label, self.took_text, self.stretch.note)))


@dataclass(frozen=True)
class Scale:
    """The axis: from `begin`, `length` long; `torn` when the first division stands for a longer wait."""

    begin: datetime
    length: timedelta
    torn: timedelta | None = None

    @classmethod
    def of(cls, run: Run, stretches: Iterable[Stretch]) -> Self:
        """From creation to the last end; a wait that would dwarf the rest fills the first division."""
        drawn = [stretch for stretch in stretches if stretch.took is not None]
        begins = [stretch.begin for stretch in drawn if stretch.begin]
        ends = [stretch.end for stretch in drawn if stretch.end]
        if not begins or not ends:
            return cls(FOREVER, timedelta(0))
        rest = elapsed(run.started_at, max(ends))
        if run.waited and run.started_at and rest and run.waited > LONG_WAIT * rest:
            division = rest / (DIVISIONS - 1)
            return cls(run.started_at - division, division * DIVISIONS, torn=run.waited)
        return cls(min(begins), max(ends) - min(begins))

    def line(self, stretch: Stretch) -> Line:
        """The stretch on this axis."""
        if stretch.begin is None or stretch.end is None or stretch.took is None:
            return Line(stretch)
        left, right = self.percent(stretch.begin), self.percent(stretch.end)
        left = min(left, 100 - NARROWEST)
        return Line(stretch, f"{left:.2f}%", f"{max(right - left, NARROWEST):.2f}%")

    def percent(self, moment: datetime) -> float:
        """The moment's place, within the track."""
        if not self.length:
            return 0.0
        return min(100.0, max(0.0, (moment - self.begin) / self.length * 100))

    @property
    def ticks(self) -> list[str]:
        """The axis in words; on a torn one, time since the first lease."""
        part = self.length / DIVISIONS
        if self.torn is None:
            return ["0", *(duration_text(part * number) for number in range(1, DIVISIONS + 1))]
        return [f"-{duration_text(self.torn)}", "0", *(duration_text(part * n) for n in range(1, DIVISIONS))]


@dataclass(frozen=True)
class Waterfall:
    """The whole drawing."""

    lines: list[Line]
    scale: Scale

    @property
    def ticks(self) -> list[str]:
        """The labels of the axis."""
        return self.scale.ticks

    @property
    def grid(self) -> list[str]:
        """Where the lines of the divisions stand."""
        return [f"{number * 100 // DIVISIONS}%" for number in range(DIVISIONS + 1)]

    @property
    def total(self) -> timedelta:
        """From creation to the end, or to now."""
        return self.scale.length if self.scale.torn is None else self.scale.torn + self.scale.length * 4 / 5

    @property
    def notes(self) -> list[str]:
        """What the lines say that are not steps."""
        return [line.stretch.note for line in self.lines if line.stretch.note and not line.stretch.step]

    @property
    def has_vague_steps(self) -> bool:
        """Whether any step's begin is not known."""
        return any(line.stretch.vague and line.stretch.step for line in self.lines)


def waterfall_of(run: Run, steps: Iterable[Step], *, now: datetime) -> Waterfall:
    """Everything that the rows tell about the run's time."""
    stretches = [*waiting(run, now), *working(run, now), *stepping(run, steps, now)]
    scale = Scale.of(run, stretches)
    return Waterfall([scale.line(stretch) for stretch in stretches], scale)


def waiting(run: Run, now: datetime) -> Iterator[Stretch]:
    """From creation to the first lease, to the end without one, or to now."""
    is_open = run.started_at is None and run.status in Status.open()
    end = now if is_open else run.started_at or run.ended_at
    held = is_open and run.state == State.HELD
    due = run.run_after
    note = f"due in {duration_text(due - now)}" if is_open and due and due > now else ""
    yield Stretch(
        label="held" if held else "waiting",
        look="held" if held else "waiting",
        begin=run.created_at,
        end=end,
        note=note,
        open=is_open,
    )


def working(run: Run, now: datetime) -> Iterator[Stretch]:
    """From the first lease on."""
    if run.started_at is None:
        return
    if run.state == State.STUCK and run.locked_until is not None:
        lost = max(run.started_at, run.locked_until)
        yield Stretch(label=attempts(run), look="attempt", begin=run.started_at, end=lost)
        yield Stretch(label="lease run out", look="stuck", begin=lost, end=now, open=True)
    elif run.state == State.RUNNING:
        yield Stretch(label=attempts(run), look="attempt", begin=run.started_at, end=now, open=True)
    elif run.status in Status.open():
        yield Stretch(
            label=f"{attempts(run)}, waiting again",
            look="waiting",
            begin=run.started_at,
            end=now,
            note=RETRY_LOST,
            open=True,
        )
    else:
        yield ended(run)


def ended(run: Run) -> Stretch:
    """The run's own bar once it is over."""
    notes = {
        "no end is stored": run.ended_at is None,
        "ended before it started": run.started_at and run.ended_at and run.ended_at < run.started_at,
        ATTEMPTS_LOST: run.attempt > 1,
    }
    note = next((text for text, holds in notes.items() if holds), "")
    return Stretch(label=attempts(run), look="attempt", begin=run.started_at, end=run.ended_at, note=note)


def attempts(run: Run) -> str:
    """`attempt 1`, `attempts 1 to 3`."""
    return f"attempts 1 to {run.attempt}" if run.attempt > 1 else f"attempt {max(run.attempt, 1)}"


def stepping(run: Run, steps: Iterable[Step], now: datetime) -> Iterator[Stretch]:
    """The steps in the order of their begin."""
    reached = run.started_at or run.created_at
    for step in sorted(steps, key=lambda step: step.started_at or step.ended_at or FOREVER):
        stretch = stretch_of(step, run, reached, now)
        if stretch.end and stretch.took is not None and (reached is None or stretch.end > reached):
            reached = stretch.end
        yield stretch


def stretch_of(step: Step, run: Run, reached: datetime | None, now: datetime) -> Stretch:
    """One step; where only its saving is known, it is drawn from the end of the one before."""
    begin, end, note, vague = step.started_at, step.ended_at, "", False
    running = step.status == "running" and end is None and begin is not None
    if begin is None:
        note = "not run" if step.status in {"pending", "skipped"} else "no times are stored"
    elif running:
        end, note = end_of_running(run, now)
    elif begin == end:
        begin, vague, note = min(reached or begin, begin), True, SAVED_ONLY
    elif end is not None and end < begin:
        note = "ended before it started"
    return Stretch(
        label=step.step_id,
        look="stuck" if running and run.state == State.STUCK else step.status,
        begin=begin,
        end=end,
        note=note,
        vague=vague,
        open=running and run.state == State.RUNNING,
        step=step,
    )


def end_of_running(run: Run, now: datetime) -> tuple[datetime | None, str]:
    """How far a step without an end is drawn, and why."""
    if run.state == State.RUNNING:
        return now, "still running"
    if run.state == State.STUCK:
        return run.locked_until, "its worker let the lease run out"
    return run.ended_at, "its end was never stored"
