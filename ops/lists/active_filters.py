"""The filters of a list that are on, in words, each with the address that takes it away."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict
from django.utils import timezone

from ops.lists.filters import AGO, StrictFilterSet, moment_of

SEARCH = "q"
UNITS = {"m": "min", "h": "h", "d": "d"}


@dataclass(frozen=True)
class ActiveFilter:
    """One filter that is on; `is_plain` when its value says enough without the label."""

    name: str
    label: str
    value: str
    remove: str
    is_plain: bool = False


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


def active_filters(
    filters: type[StrictFilterSet], data: QueryDict, address: Callable[..., str]
) -> list[ActiveFilter]:
    """The filters in the address, the search first; `address(name=None)` is that without one.

    Both ends of a period together are one.
    """
    names = sorted(filters.base_filters, key=lambda name: name != SEARCH)
    given = {name: texts for name in names if (texts := [text for text in data.getlist(name) if text])}
    ends = {start: end for start, end in filters.periods if start in given and end in given}
    starts = {start for start, _ in filters.periods}
    found = []
    for name, texts in given.items():
        if name in ends.values():
            continue
        words = [filters.words_of(name, text) for text in texts]
        value = since(texts[-1]) if name in starts else ", ".join(words)
        if name in ends:
            value = period(texts[-1], given[ends[name]][-1])
        gone = dict.fromkeys((name, ends.get(name, name)))
        label = label_of(filters, name, is_start=name in starts)
        found.append(ActiveFilter(name, label, value, address(**gone), name in filters.plain))
    return found


def label_of(filters: type[StrictFilterSet], name: str, *, is_start: bool) -> str:
    """`engine status`; of a period `created`, not `created from`."""
    label = str(filters.base_filters[name].label)
    return (label.removesuffix(" from") if is_start else label).lower()


def in_words(found: Sequence[ActiveFilter]) -> str:
    """`failed, last 24 h`: what a list shows, for titles and the way back."""
    return ", ".join(one.value if one.is_plain else f"{one.label} {one.value}" for one in found)
