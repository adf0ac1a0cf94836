"""Spans of time: what a page of figures looks at, cut into buckets."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import ceil
from typing import Any, Self

import django_filters
from django.utils import timezone

from ops.lists.filters import MomentFilter, StrictFilterSet
from ops.platform.errors import InvalidInput
from runs.models import Run

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RANGES = {
    "1h": timedelta(hours=1),
    "6h": timedelta(hours=6),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}
DEFAULT = "24h"
# What a range that holds too many runs is cut down to, longest first.
SHORTER = tuple(timedelta(minutes=minutes) for minutes in (10_080, 4_320, 1_440, 720, 360, 60, 15, 5))
DAY = 86_400
STEPS = (10, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 14_400, 21_600, 43_200, DAY)
MAX_BUCKETS = 48
SHORTEST = timedelta(minutes=1)


@dataclass(frozen=True)
class Span:
    """[start, end), both whole seconds; `name` is one of RANGES, or empty for a range of one's own."""

    start: datetime
    end: datetime
    name: str = ""

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    @property
    def step(self) -> int:
        """Seconds of a bucket: the shortest round length of which at most MAX_BUCKETS fill the span."""
        least = self.length.total_seconds() / MAX_BUCKETS
        return next((step for step in STEPS if step >= least), ceil(least / DAY) * DAY)

    @property
    def edges(self) -> list[datetime]:
        """Where the buckets begin, and the end of the last.

        Inner edges are whole multiples of the step since the epoch, so bars keep their place as time goes by;
        therefore the first and the last bucket may be shorter than a step.
        """
        step = timedelta(seconds=self.step)
        first = (self.start - EPOCH) // step + 1
        last = -((EPOCH - self.end) // step)
        return [self.start, *(EPOCH + number * step for number in range(first, last)), self.end]

    @property
    def buckets(self) -> list[tuple[datetime, datetime]]:
        """[from, to) of each bucket."""
        return list(pairwise(self.edges))

    def last(self, length: timedelta) -> Self:
        """The end of the span, of this length."""
        return type(self)(self.end - length, self.end, self.name)

    @property
    def age(self) -> str:
        """Its length as filters take it: `15m`, `6h`, `24h`, `7d`."""
        minutes = int(self.length.total_seconds() // 60)
        if minutes % 60:
            return f"{minutes}m"
        return f"{minutes // 60}h" if minutes <= 2_880 or minutes % 1_440 else f"{minutes // 1_440}d"

    @property
    def query(self) -> dict[str, str]:
        """The parameters that lead to this span again."""
        return (
            {"range": self.name} if self.name else {"since": text_of(self.start), "until": text_of(self.end)}
        )


def text_of(moment: datetime) -> str:
    """A whole second as it stands in an address, short because a chart has a hundred of them."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").replace(":00Z", "Z")


def in_words(age: str) -> str:
    """`24 h`, `15 min`."""
    return f"{age[:-1]} {'min' if age[-1] == 'm' else age[-1]}"


def until_now(name: str, *, now: datetime) -> Span:
    """The last 24 hours, for example.

    It ends with the second that has begun, so it is up to a second shorter than its name says at its start
    and never misses a run that exists.
    """
    end = now.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
    return Span(end - RANGES[name], end, name)


class SpanFilter(StrictFilterSet):
    """`range=24h`, or `since` and perhaps `until`."""

    listing = frozenset[str]()

    range = django_filters.ChoiceFilter(choices=[(name, name) for name in RANGES], label="Range")
    since = MomentFilter(label="From", help_text="A time, a date, or an age such as 3d; inclusive.")
    until = MomentFilter(label="To", help_text="As above, but exclusive. Leave empty for now.")

    class Meta:
        model = Run
        fields: tuple[str, ...] = ()

    def span(self) -> Span:
        """What was asked for; InvalidInput if any parameter is wrong."""
        return span_of(self.checked(), now=timezone.now())


def span_of(values: dict[str, Any], *, now: datetime) -> Span:
    """Clean form values as a span."""
    start, end = values["since"], values["until"]
    if start is None and end is None:
        return until_now(values["range"] or DEFAULT, now=now)
    if values["range"]:
        raise InvalidInput({"range": "Give either a range or since and until."})
    if start is None:
        raise InvalidInput({"since": "Give the start of the range: a time, a date, or an age such as 24h."})
    latest = until_now(DEFAULT, now=now).end
    span = Span(whole(start), min(whole(end or latest), latest))
    if span.length < SHORTEST:
        raise InvalidInput({"since": "The range must start in the past, at least a minute before it ends."})
    return span


def whole(moment: datetime) -> datetime:
    """The second in which the moment lies."""
    return datetime(*moment.timetuple()[:6], tzinfo=UTC)
