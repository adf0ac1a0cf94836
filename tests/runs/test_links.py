"""Links from figures to lists never lead to a wider list."""

from datetime import UTC, datetime, timedelta

import pytest

from runs.links import runs_link
from runs.stats.time_ranges import Span, until_now

NOW = datetime(2026, 2, 22, 14, 7, 33, tzinfo=UTC)


@pytest.mark.parametrize(("name", "query"), [("1h", "1h"), ("24h", "24h"), ("7d", "7d"), ("30d", "30d")])
def test_a_span_that_ends_now_is_written_as_its_age(name: str, query: str) -> None:
    assert runs_link(until_now(name, now=NOW)) == f"/runs?created_from={query}"


def test_a_shortened_span_is_written_as_the_age_of_its_part() -> None:
    span = until_now("24h", now=NOW)
    assert runs_link(span.last(timedelta(minutes=15))) == "/runs?created_from=15m"
    assert runs_link(span.last(timedelta(hours=12))) == "/runs?created_from=12h"


def test_a_bucket_is_written_with_both_ends() -> None:
    start = datetime(2026, 2, 22, 14, tzinfo=UTC)
    link = "/runs?state=failed&created_from=2026-02-22T14:00Z&created_to=2026-02-22T14:00:07Z"
    assert runs_link((start, start + timedelta(seconds=7)), state="failed") == link
    assert runs_link(Span(start, start + timedelta(seconds=7)), state="failed") == link


def test_values_are_quoted() -> None:
    assert runs_link(function_id="a b&state=failed") == "/runs?function_id=a+b%26state%3Dfailed"


@pytest.mark.parametrize("filters", [{"function_id": ""}, {"worker": ""}, {"worker": " blank "}])
def test_a_value_that_the_list_would_drop_or_change_has_no_link(filters: dict[str, str]) -> None:
    assert runs_link(None, **filters) == ""
