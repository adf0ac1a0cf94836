"""Charts as geometry for server-rendered SVG; positions are percents, so labels never stretch."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from ops.display.formatting import number_text
from ops.display.timezones import Tick

Values = Sequence[float | None]
LEVELS = 5


@dataclass(frozen=True)
class Series:
    """One colour of a chart: `kind` is a state, None among the values a gap."""

    kind: str
    label: str
    values: Values

    @property
    def total(self) -> float:
        return sum(value for value in self.values if value is not None)


@dataclass(frozen=True)
class Mark:
    """One rectangle, in percent of the plot."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Stroke:
    """One unbroken stretch of a line, as SVG path data in a plot of 100 by 100."""

    kind: str
    line: str
    area: str


@dataclass(frozen=True, kw_only=True)
class Chart:
    """What templates/console/_chart.html draws."""

    title: str
    unit: str
    buckets: Sequence[str]
    series: Sequence[Series]
    links: Sequence[str]
    top: float
    ticks: Sequence[Tick] = ()
    marks: Sequence[Mark] = ()
    strokes: Sequence[Stroke] = ()

    @property
    def empty(self) -> bool:
        """Nothing to draw: not one value, or only zeros."""
        return not any(value for series in self.series for value in series.values)

    @property
    def description(self) -> str:
        """The chart in a sentence, for those who don't see it."""
        totals = ", ".join(f"{series.label} {number_text(series.total)}" for series in self.series)
        if self.strokes:
            totals = ", ".join(f"{series.label} at most {highest(series)}" for series in self.series)
        return (
            f"{self.unit}, {self.buckets[0]} to {self.buckets[-1]}: {totals}" if self.buckets else self.unit
        )

    @property
    def levels(self) -> list[tuple[float, str]]:
        """Where the grid's lines are, in percent from the top down, and the values that they stand for."""
        step = step_of(self.top)
        count = round(self.top / step)
        return [(100 * (count - i) / count, number_text(i * step)) for i in range(count, -1, -1)]

    @property
    def x_labels(self) -> list[tuple[float, str, str]]:
        """Position in percent, what is below it, and the day where it is another than before."""
        width = 100 / max(1, len(self.buckets))
        return [(round((tick.bucket + 0.5) * width, 2), tick.text, tick.day) for tick in self.ticks]

    @property
    def areas(self) -> list[tuple[str, str]]:
        """One (address or "", what it says) per bucket."""
        links = self.links or [""] * len(self.buckets)
        columns = enumerate(zip(self.buckets, links, strict=True))
        return [(link, f"{bucket}: {self.values_at(i)}") for i, (bucket, link) in columns]

    @property
    def rows(self) -> list[tuple[str, str, list[float | None]]]:
        """The table: bucket, its address or "", a value per series."""
        links = self.links or [""] * len(self.buckets)
        values = [[series.values[i] for series in self.series] for i in range(len(self.buckets))]
        return list(zip(self.buckets, links, values, strict=True))

    def values_at(self, index: int) -> str:
        """`12 completed, 3 failed`."""
        parts = ((series.values[index], series.label.lower()) for series in self.series)
        known = [f"{number_text(value)} {label}" for value, label in parts if value]
        return ", ".join(known) or "nothing"


def bars(
    title: str,
    *,
    buckets: Sequence[str],
    series: Sequence[Series],
    links: Sequence[str] = (),
    unit: str = "runs",
    ticks: Sequence[Tick] = (),
) -> Chart:
    """Stacked bars, the first series at the bottom."""
    columns = [[one.values[i] or 0 for one in series] for i in range(len(buckets))]
    top = nice(max(map(sum, columns), default=0))
    width = 100 / max(1, len(buckets))
    marks = [
        mark
        for i, column in enumerate(columns)
        for mark in stack([one.kind for one in series], column, x=i * width, width=width, top=top)
    ]
    return Chart(
        title=title, unit=unit, buckets=buckets, series=series, links=links, top=top, ticks=ticks, marks=marks
    )


def stack(kinds: Sequence[str], values: Sequence[float], *, x: float, width: float, top: float) -> list[Mark]:
    """The marks of one bucket, from the bottom up."""
    left, wide = round(x + width * 0.12, 3), round(width * 0.76, 3)
    marks, floor = [], 100.0
    for kind, value in zip(kinds, values, strict=True):
        if value <= 0:
            continue
        height = value / top * 100
        floor -= height
        marks.append(Mark(kind, left, round(floor, 2), wide, round(height, 2)))
    return marks


def lines(
    title: str,
    *,
    buckets: Sequence[str],
    series: Sequence[Series],
    links: Sequence[str] = (),
    unit: str = "runs",
    area: bool = False,
    ticks: Sequence[Tick] = (),
) -> Chart:
    """A line per series, with the area below it if asked."""
    top = nice(max((value or 0 for one in series for value in one.values), default=0))
    strokes = [stroke for one in series for stroke in strokes_of(one.kind, one.values, top=top, area=area)]
    return Chart(
        title=title,
        unit=unit,
        buckets=buckets,
        series=series,
        links=links,
        top=top,
        ticks=ticks,
        strokes=strokes,
    )


def strokes_of(kind: str, values: Values, *, top: float, area: bool) -> list[Stroke]:
    """The stretches of a line between its gaps; each value stands in the middle of its bucket."""
    points = [(i, value) for i, value in enumerate(values)]
    known = [list(run) for there, run in groupby(points, key=lambda point: point[1] is not None) if there]
    return [stroke_of(kind, run, count=len(values), top=top, area=area) for run in known]


def stroke_of(
    kind: str, points: Sequence[tuple[int, float | None]], *, count: int, top: float, area: bool
) -> Stroke:
    """One stretch as path data; a lone point becomes a short dash."""
    step = 100 / count
    pairs = [((i + 0.5) * step, 100 - (value or 0) / top * 100) for i, value in points]
    if len(pairs) == 1:
        (x, y) = pairs[0]
        pairs = [(x - step / 4, y), (x + step / 4, y)]
    line = "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in pairs)
    below = f"{line}L{pairs[-1][0]:.2f} 100L{pairs[0][0]:.2f} 100Z" if area else ""
    return Stroke(kind, line, below)


def sparkline(values: Values, *, label: str, kind: str = "running") -> Chart:
    """A line without axes, for a figure or a row."""
    series = Series(kind, label, values)
    top = max((value or 0 for value in values), default=0) or 1
    strokes = strokes_of(kind, values, top=top, area=False)
    return Chart(title=label, unit=label, buckets=(), series=[series], links=(), top=top, strokes=strokes)


def nice(value: float) -> float:
    """Where an axis ends: the next whole step above the value."""
    step = step_of(value)
    return max(1, math.ceil(value / step - 1e-9)) * step


def step_of(value: float) -> float:
    """The smallest round step of which LEVELS reach the value; whole where the value is no fraction."""
    if value <= 0:
        return 1
    power = math.pow(10, math.floor(math.log10(value)) - 1)
    steps = (factor * power for factor in (1, 2, 2.5, 5, 10, 20, 25, 50))
    whole = (step for step in steps if value < 1 or step.is_integer())
    return next(step for step in whole if value / step <= LEVELS)


def highest(series: Series) -> str:
    """The largest value in words."""
    return number_text(max((value for value in series.values if value is not None), default=0))
