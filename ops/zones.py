"""The viewer's time zone, as the browser told it in a cookie; charts need it before any script runs."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from django.http import HttpRequest

COOKIE = "zone"  # written by time.js
DAY = timedelta(hours=24)


def zone_of(request: HttpRequest) -> tzinfo:
    """The zone, or UTC while it isn't known."""
    name = request.COOKIES.get(COOKIE, "")
    try:
        return ZoneInfo(name) if name else UTC
    except (KeyError, ValueError, OSError):  # unknown, no name at all, or a folder of names
        return UTC


def zone_name(zone: tzinfo, moment: datetime) -> str:
    """`CET`, `UTC`, `+0530`."""
    return moment.astimezone(zone).strftime("%Z")


def labels(moments: list[datetime], zone: tzinfo) -> list[str]:
    """What stands below bars: the time, with the day where they span several, with seconds for short ones."""
    local = [moment.astimezone(zone) for moment in moments]
    spell = spelling(local)
    return [spell(moment) for moment in local]


def spelling(local: list[datetime]) -> Callable[[datetime], str]:
    """How the moments are told apart."""
    if any(moment.second for moment in local[1:]):
        return lambda moment: f"{moment:%H:%M:%S}"
    if local and local[-1] - local[0] > DAY:
        return lambda moment: f"{moment.day} {moment:%b %H:%M}"
    return lambda moment: f"{moment:%H:%M}"
