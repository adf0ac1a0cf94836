"""The filters of a list that are on, in words, each with the address that takes it away."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict
from django.utils import timezone

from ops.lists.filters import AGO, moment_of

UNITS = {"m": "min", "h": "h", "d": "d"}


@dataclass(frozen=True)
class Chip:
    """One filter that is on."""

    name: str
    label: str
    value: str
    remove: str


def joined(name: str, texts: list[str]) -> str:
    """`failed, stuck`."""
    return ", ".join(texts)


def since(text: str) -> str:
    """`last 24 h`; `since 2026-02-22`."""
    age = AGO.fullmatch(text.strip())
    return f"last {age[1]} {UNITS[age[2]]}" if age else f"since {text}"


def period(start: str, end: str) -> str:
    """`06:30–09:00 UTC`, with the day unless it is today; `last 24 h, before 1h` of anything else."""
    first, last = (None if AGO.fullmatch(text.strip()) else moment_of(text) for text in (start, end))
    if first is None or last is None or not (first.known and last.known):
        return f"{since(start)}, before {end}"
    if first.date() == last.date():
        return f"{day_before(first)}{first:%H:%M}–{last:%H:%M} UTC"
    return f"{first.day} {first:%b %H:%M} – {last.day} {last:%b %H:%M} UTC"


def day_before(moment: datetime) -> str:
    """`22 Feb `, with the year unless it is this one; nothing for today."""
    today = timezone.now().date()
    if moment.date() == today:
        return ""
    return f"{moment.day} {moment:%b} " if moment.year == today.year else f"{moment.day} {moment:%b %Y} "


def chips_of(
    data: QueryDict,
    labels: Mapping[str, str],
    address: Callable[..., str],
    worded: Callable[[str, list[str]], str] = joined,
    periods: Mapping[str, str] | None = None,
) -> list[Chip]:
    """The filters in the address, in the order of the labels; `address(name=None)` is that without one.

    `periods` says which filter is the end of which: both together are one chip.
    """
    given = {name: texts for name in labels if (texts := [text for text in data.getlist(name) if text])}
    ends = {start: end for start, end in (periods or {}).items() if start in given and end in given}
    words = {name: worded(name, texts) for name, texts in given.items() if name not in ends.values()}
    words |= {start: period(given[start][-1], given[end][-1]) for start, end in ends.items()}
    return [
        Chip(name, labels[name], text, address(**dict.fromkeys((name, ends.get(name, name)))))
        for name, text in words.items()
    ]
