"""The chart that only one function has: how much of what finished had failed."""

from ops.display.charts import Chart, Series, lines
from runs.states import State
from runs.stats.charts import FrameCharts


def failure_rate(charts: FrameCharts) -> Chart:
    """Percent of the runs created in each bucket; a gap where nothing finished."""
    states = charts.frame.by_state()
    pairs = zip(states[State.FAILED], states[State.COMPLETED], strict=True)
    rates = [round(100 * failed / (failed + done), 1) if failed + done else None for failed, done in pairs]
    series = [Series("failed", "Failed", rates)]
    return lines(
        "Failure rate",
        buckets=charts.begins,
        series=series,
        unit="percent failed",
        area=True,
        ticks=charts.ticks,
    )
