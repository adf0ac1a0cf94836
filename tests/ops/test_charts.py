"""Charts: geometry that adds up, words for those who don't see it, a table with every figure."""

import re
from collections.abc import Sequence

import pytest
from django.template import Context, Template

from ops.display.charts import Chart, Series, bars, lines, nice, sparkline

BUCKETS = ("14:00", "14:10", "14:20")


def drawn(chart: Chart, tag: str = "chart") -> str:
    return Template("{% load console %}{% " + tag + " chart %}").render(Context({"chart": chart}))


def runs(links: Sequence[str] = ()) -> Chart:
    series = [Series("completed", "Completed", [60, 0, 30]), Series("failed", "Failed", [20, 0, 70])]
    return bars("Runs by state", buckets=BUCKETS, series=series, links=links)


def test_stacked_bars_stand_on_each_other_and_end_at_their_sum() -> None:
    chart = runs()
    assert chart.top == 100
    assert [(mark.kind, mark.y, mark.height) for mark in chart.marks] == [
        ("completed", 40, 60),
        ("failed", 20, 20),
        ("completed", 70, 30),
        ("failed", 0, 70),
    ]
    assert all(mark.x >= 0 and mark.x + mark.width <= 100 for mark in chart.marks)


@pytest.mark.parametrize(
    ("value", "top"),
    [(0, 1), (0.7, 0.8), (1, 1), (3, 3), (7, 8), (9, 10), (101, 125), (550, 600), (9_999, 10_000)],
)
def test_the_axis_ends_at_a_round_number(value: float, top: float) -> None:
    assert nice(value) == pytest.approx(top)


def test_a_gap_breaks_the_line_and_a_lone_point_is_still_seen() -> None:
    chart = lines("Backlog", buckets="abcde", series=[Series("queued", "Queued", [1, 2, None, 4, None])])
    assert [stroke.line.count("L") for stroke in chart.strokes] == [1, 1]
    assert lines("Backlog", buckets="a", series=[Series("queued", "Queued", [0])]).empty


def test_it_is_an_image_with_a_name_and_a_description() -> None:
    shown = drawn(runs())
    assert 'role="img"' in shown
    assert "<title>Runs by state</title>" in shown
    assert "runs, 14:00 to 14:20: Completed 90, Failed 90" in shown


def test_every_figure_is_in_the_table() -> None:
    shown = drawn(runs(links=["/runs?a", "/runs?b", "/runs?c"]))
    table = shown[shown.index("<table") :]
    rows = [re.sub(r"<[^>]*>", " ", row).split() for row in table.split("<tr>")[1:]]
    assert rows == [
        ["From", "Completed", "Failed"],
        ["14:00", "60", "20"],
        ["14:10", "0", "0"],
        ["14:20", "30", "70"],
    ]
    assert table.count('href="/runs?') == 3


def test_every_bar_links_to_the_list_that_explains_it() -> None:
    chart = runs(links=["/runs?a", "/runs?b", "/runs?c"])
    assert chart.areas[0] == ("/runs?a", "14:00: 60 completed, 20 failed")
    assert chart.areas[1] == ("/runs?b", "14:10: nothing")


@pytest.mark.parametrize("series", [[], [Series("failed", "Failed", [0, None, 0])]])
def test_nothing_is_said_instead_of_drawn(series: list[Series]) -> None:
    shown = drawn(bars("Runs", buckets=BUCKETS, series=series))
    assert "Nothing in this range" in shown
    assert "<table" not in shown


def test_labels_from_outside_are_escaped() -> None:
    series = [Series("failed", "<b>x</b>", [1])]
    chart = bars("<i>", buckets=["<u>"], series=series, links=['"><script>'])
    assert not re.search(r"<(b|i|u|script)>", drawn(chart) + drawn(chart, "legend"))


def test_no_geometry_is_written_as_style() -> None:
    shown = drawn(runs()) + drawn(sparkline([1, None, 3], label="Failed"), "spark")
    assert "style=" not in shown


def test_a_flat_sparkline_has_a_line() -> None:
    assert sparkline([0, 0, 0], label="Failed").strokes
    assert not sparkline([], label="Failed").strokes


def test_the_axis_is_hardly_longer_than_what_it_measures() -> None:
    for value in range(1, 2_000, 7):
        chart = bars("Runs", buckets=["a"], series=[Series("failed", "Failed", [value])])
        assert value <= chart.top <= max(value * 1.34, value + 1)
        assert 2 <= len(chart.levels) <= 6
        assert [y for y, _ in chart.levels] == sorted(y for y, _ in chart.levels)
        assert chart.levels[0] == (0, f"{chart.top:,.0f}")
        assert chart.levels[-1] == (100, "0")


def test_a_line_says_its_figures_too_and_one_column_can_be_reached_by_tab() -> None:
    chart = lines("Backlog", buckets=BUCKETS, series=[Series("queued", "Waiting", [1, 2, 3])])
    shown = drawn(chart)
    assert 'title="14:10: 2 waiting"' in shown
    assert shown.count('tabindex="0" title') == 1
