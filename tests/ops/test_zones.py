"""The viewer's zone comes from a cookie, and anything may stand in a cookie."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.test import RequestFactory

from ops.display.timezones import labels, ticks, zone_name, zone_of
from runs.stats.time_ranges import RANGES, until_now

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cookie", "name"),
    [
        ("Europe/Berlin", "CEST"),
        ("Asia/Kolkata", "IST"),
        ("", "UTC"),
        ("Mars/Olympus", "UTC"),
        ("../../etc/passwd", "UTC"),
        ("/etc/passwd", "UTC"),
        ("America", "UTC"),
        ("x" * 5000, "UTC"),
        ("a\x00b", "UTC"),
    ],
)
def test_the_zone_is_the_cookies_or_utc(rf: RequestFactory, cookie: str, name: str) -> None:
    request = rf.get("/")
    request.COOKIES["zone"] = cookie
    assert zone_name(zone_of(request), NOON) == name


def test_labels_are_as_long_as_they_must_be(rf: RequestFactory) -> None:
    rf.cookies["zone"] = "Asia/Kolkata"
    zone = zone_of(rf.get("/"))
    hours = [NOON + timedelta(hours=number) for number in range(3)]
    assert labels(hours, zone) == ["17:30", "18:30", "19:30"]
    assert labels([NOON, NOON + timedelta(days=2)], zone) == ["1 Jul 17:30", "3 Jul 17:30"]
    assert labels([NOON, NOON + timedelta(seconds=10)], zone) == ["17:30:00", "17:30:10"]
    assert labels([], zone) == []


BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("minute", [0, 17, 431])
def test_an_axis_has_five_to_eight_labels_and_the_day_where_it_changes(name: str, minute: int) -> None:
    span = until_now(name, now=NOON + timedelta(minutes=minute))
    starts = [start for start, _ in span.buckets]
    found = ticks(starts, BERLIN)
    assert 5 <= len(found) <= 8
    local = [starts[tick.bucket].astimezone(BERLIN) for tick in found]
    assert [tick.text for tick in found] == [f"{moment:%H:%M}" for moment in local]
    several = starts[0].astimezone(BERLIN).date() != starts[-1].astimezone(BERLIN).date()
    days = [moment.date() for moment in local]
    changes = [True, *(before != now for before, now in pairwise(days))]
    assert [bool(tick.day) for tick in found] == [several and change for change in changes]


def test_the_day_of_an_axis_is_the_viewers() -> None:
    starts = [datetime(2026, 11, 20, hour, tzinfo=UTC) for hour in range(18, 24)]
    assert [tick.day for tick in ticks(starts, UTC)] == [""] * 6
    assert "21 Nov" in [tick.day for tick in ticks(starts, BERLIN)]


def test_an_axis_without_buckets_has_no_labels() -> None:
    assert ticks([], UTC) == []
