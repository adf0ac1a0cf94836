"""The filters of a list that are on, in words, each with the address that takes it away."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.http import QueryDict

from ops.filters import AGO

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


def chips_of(
    data: QueryDict,
    labels: Mapping[str, str],
    address: Callable[..., str],
    worded: Callable[[str, list[str]], str] = joined,
) -> list[Chip]:
    """The filters in the address, in the order of the labels; `address(name=None)` is that without one."""
    given = {name: [text for text in data.getlist(name) if text] for name in labels}
    return [
        Chip(name, labels[name], worded(name, texts), address(**{name: None}))
        for name, texts in given.items()
        if texts
    ]
