"""The active filters above a list."""

from datetime import timedelta

import pytest
from django.http import QueryDict
from django.utils import timezone

from ops.lists.active_filters import ActiveFilter, active_filters
from runs.filters import RunFilter


def shown(query: str) -> list[ActiveFilter]:
    """Of an address, whose ways out name what they take away."""
    return active_filters(RunFilter, QueryDict(query), lambda **gone: ",".join(gone))


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2020-02-22T06:30", "2020-02-22T09:00Z", "22 Feb 2020 06:30–09:00 UTC"),
        ("2020-02-22T06:30:00 01:00", "2020-02-23", "22 Feb 05:30 – 23 Feb 00:00 UTC"),
        ("24h", "1h", "24h, before 1h"),
        ("soon", "2020-02-22", "since soon, before 2020-02-22"),
    ],
)
def test_a_range_of_time_is_one_filter(start: str, end: str, words: str) -> None:
    state, created = shown(f"state=failed&created_from={start}&created_to={end}")
    assert (state.value, state.remove) == ("failed", "state")
    assert (created.label, created.value) == ("created", words.replace("24h,", "last 24 h,"))
    assert created.remove == "created_from,created_to"


def test_a_range_of_today_needs_no_day() -> None:
    today = timezone.now().replace(hour=6, minute=30)
    start, end = (f"{moment:%Y-%m-%dT%H:%M}" for moment in (today, today + timedelta(hours=2, minutes=30)))
    query = f"created_from={start}&created_to={end}"
    assert [chip.value for chip in shown(query)] == ["06:30–09:00 UTC"]


def test_half_a_range_stays_what_it_was() -> None:
    assert [(chip.name, chip.remove) for chip in shown("created_to=1h")] == [("created_to", "created_to")]


def test_the_search_comes_first_and_choices_are_in_words() -> None:
    found = shown("state=failed&state=stuck&has_error=true&worker=w&q=abc")
    assert [(one.label, one.value, one.is_plain) for one in found] == [
        ("search", "abc", True),
        ("state", "failed, stuck", True),
        ("worker", "w", False),
        ("has error", "yes", False),
    ]
