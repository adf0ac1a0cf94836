"""The viewer's time zone: the person's own, else the browser's, which charts need before any script runs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from operator import ne
from zoneinfo import ZoneInfo

from django.http import HttpRequest

COOKIE = "zone"  # written by time.js
# Minutes between the labels of an axis.
ROUND = (1 / 6, 1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440, 2880, 4320, 7200, 10_080, 20_160)
FEWEST_TICKS, MOST_TICKS = 5, 8


def zone_of(request: HttpRequest) -> tzinfo:
    """The person's zone, else that of the browser's cookie, else UTC."""
    own = getattr(getattr(request, "user", None), "time_zone", "")
    return zone_named(own) or zone_named(request.COOKIES.get(COOKIE, "")) or UTC


def zone_named(name: str) -> tzinfo | None:
    """The zone of that name, if there is one."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):  # unknown, no name at all, or a folder of names
        return None


def zone_name(zone: tzinfo, moment: datetime) -> str:
    """`CET`, `UTC`, `+0530`."""
    return moment.astimezone(zone).strftime("%Z")


@dataclass(frozen=True)
class Tick:
    """A label below a chart: the number of its bucket, its time or day, and the day if it is a new one."""

    bucket: int
    text: str
    day: str = ""


def labels(moments: list[datetime], zone: tzinfo) -> list[str]:
    """What names a bucket: the time, with the day where they span several, with seconds for short ones."""
    local = [moment.astimezone(zone) for moment in moments]
    spell = spelling(local)
    return [spell(moment) for moment in local]


def spelling(local: list[datetime]) -> Callable[[datetime], str]:
    """How the moments are told apart."""
    if any(moment.second for moment in local[1:]):
        return lambda moment: f"{moment:%H:%M:%S}"
    if local and local[0].date() != local[-1].date():
        return lambda moment: f"{day_text(moment)} {moment:%H:%M}"
    return lambda moment: f"{moment:%H:%M}"


def ticks(moments: list[datetime], zone: tzinfo) -> list[Tick]:
    """Five to eight labels at round times of the viewer's clock, with the day where it changes."""
    local = [moment.astimezone(zone) for moment in moments]
    chosen = round_ones(local) or spread(len(local))
    days = [local[number].date() for number in chosen]
    several = bool(local) and local[0].date() != local[-1].date()
    return [
        Tick(number, f"{local[number]:%H:%M}", day_text(local[number]) if several and is_new else "")
        for number, is_new in zip(chosen, map(ne, days, [None, *days]), strict=False)
    ]


def round_ones(local: list[datetime]) -> list[int]:
    """The buckets that begin at multiples of a round length of time, if that makes five to eight."""
    found = ([n for n, moment in enumerate(local) if not minutes_of(moment) % length] for length in ROUND)
    return next((numbers for numbers in found if FEWEST_TICKS <= len(numbers) <= MOST_TICKS), [])


def minutes_of(moment: datetime) -> float:
    """Minutes of the viewer's clock since a day long ago."""
    return moment.toordinal() * 1440 + moment.hour * 60 + moment.minute + moment.second / 60


def spread(count: int) -> list[int]:
    """Some of the buckets, evenly."""
    return list(range(0, count, max(1, -(-count // MOST_TICKS))))


def day_text(moment: datetime) -> str:
    """`20 Nov`."""
    return f"{moment.day} {moment:%b}"
