"""The viewer's zone comes from a cookie, and anything may stand in a cookie."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import RequestFactory

from ops.zones import labels, zone_name, zone_of

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
