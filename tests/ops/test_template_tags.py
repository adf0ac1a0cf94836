"""What the tags of every page write, and that they escape."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.template import Context, Template
from django.utils import timezone

from ops.display import formatting
from ops.display.badges import LOOKS
from runs.states import State

MOMENT = datetime(2026, 2, 22, 19, 32, 57, 123456, tzinfo=UTC)


def render(source: str, **context: Any) -> str:
    return Template("{% load console %}" + source).render(Context(context))


def text_of(html: str) -> str:
    return re.sub(r"<[^>]*>", "", html)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 ms"),
        (0.12, "120 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1.0 s"),
        (3.44, "3.4 s"),
        (59.94, "59.9 s"),
        (59.96, "1 m 00 s"),
        (65, "1 m 05 s"),
        (3599.6, "1 h 00 m"),
        (3720, "1 h 02 m"),
        (86_399.7, "1 d 00 h"),
        (3 * 86_400 + 4 * 3_600, "3 d 04 h"),
        (-2.5, "-2.5 s"),
    ],
)
def test_a_duration_reads_in_two_units_at_most(seconds: float, text: str) -> None:
    assert formatting.duration_text(timedelta(seconds=seconds)) == text == formatting.duration_text(seconds)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KB"),
        (12_345, "12.3 KB"),
        (999_950, "1.0 MB"),
        (10**15, "1000.0 TB"),
    ],
)
def test_a_size_counts_thousands_of_bytes(count: int, text: str) -> None:
    assert formatting.size_text(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "just now"),
        (-0.4, "just now"),
        (1, "1 s ago"),
        (59.9, "59 s ago"),
        (60, "1 min ago"),
        (3_600, "1 h ago"),
        (86_400 * 14, "14 d ago"),
        (-120, "in 2 min"),
    ],
)
def test_the_distance_of_a_moment(seconds: float, text: str) -> None:
    assert formatting.ago_text(MOMENT, now=MOMENT + timedelta(seconds=seconds)) == text


def test_numbers_are_grouped_capped_and_honest_about_the_unknown() -> None:
    source = "{{ a|number }} {{ b|number }} {{ c|capped }} {{ d|capped }} {{ e|capped:100 }} {{ f|number }}"
    shown = render(source, a=1284, b=None, c=10_000, d=10_001, e=101, f=0.5)
    assert text_of(shown) == "1,284 – 10,000 10,000+ 100+ 0.5"


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0 %"), (0.002, "0.2 %"), (0.0994, "9.9 %"), (0.38, "38 %"), (1, "100 %"), (None, "–")],
)
def test_a_share_of_one_is_a_percentage(share: float | None, text: str) -> None:
    assert text_of(render("{{ share|percent }}", share=share)) == text


def test_an_id_is_short_with_the_whole_on_hover() -> None:
    shown = render("{{ id|short_id }}", id="0192a7c1-55e0-7b1a-9f3a-8b1e22d09f3a")
    assert text_of(shown) == "0192a7c1…9f3a"
    assert 'title="0192a7c1-55e0-7b1a-9f3a-8b1e22d09f3a"' in shown


@pytest.mark.parametrize("nothing", [None, ""])
def test_nothing_is_a_dash_everywhere(nothing: None) -> None:
    assert text_of(render("{{ x|dash }}{{ x|short_id }}{{ x|state_badge }}", x=nothing)) == "–––"
    assert (
        text_of(render("{{ x|ago }}{{ x|exact }}{{ x|counting }}{{ x|duration }}{{ x|size }}", x=None))
        == "–––––"
    )
    assert render("{{ x|dash }}", x=0) == "0"


def test_times_say_the_exact_moment_to_machine_and_reader() -> None:
    ago = render("{{ at|ago }}", at=timezone.now() - timedelta(minutes=3))
    assert text_of(ago) == "3 min ago"
    exact = render("{{ at|exact }}", at=MOMENT)
    assert text_of(exact) == "2026-02-22 19:32:57.123 UTC"
    assert 'datetime="2026-02-22T19:32:57.123Z"' in exact
    assert text_of(render("{{ at|exact:'clock' }}", at=MOMENT)) == "19:32:57.123 UTC"


@pytest.mark.parametrize("state", State)
def test_every_state_has_colour_icon_and_word(state: State) -> None:
    shown = render("{{ state|state_badge }}", state=state)
    assert text_of(shown) == state.label
    assert f"badge-{state.value}" in shown
    assert "<svg" in shown
    assert state.value in LOOKS


def test_a_state_of_tomorrow_is_shown_as_it_is_and_escaped() -> None:
    shown = render("{{ state|state_badge }}", state="<b>paused</b>")
    assert text_of(shown) == "&lt;b&gt;paused&lt;/b&gt;"


def test_what_came_from_outside_is_escaped_in_every_tag() -> None:
    evil = '"><script>alert(1)</script>' + "x" * 20
    source = "{{ x|short_id }}{{ x|copy_button:x }}{{ x|dash }}{{ x|first_line }}{{ x|state_badge }}"
    assert "<script" not in render(source, x=evil)
    assert '""' not in render("{{ x|copy_button:x }}", x='"')


def test_the_first_line_of_an_error_is_one_that_says_something() -> None:
    assert render("{{ x|first_line }}", x="\n  \n Timeout: 5 s\nat …") == "Timeout: 5 s"
    assert len(render("{{ x|first_line }}", x="y" * 500)) == 160
    assert render("{{ x|first_line }}", x=None) == ""
