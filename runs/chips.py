"""The filters that are on, in words, each with the address that takes it away."""

from dataclasses import dataclass

from django.http import QueryDict

from ops.addresses import changed
from ops.filters import AGO

LIST = "/runs"
LABELS = {
    "q": "search",
    "state": "state",
    "status": "engine status",
    "function_id": "function",
    "event_id": "event",
    "created_from": "created",
    "created_to": "created before",
    "worker": "worker",
    "has_error": "has error",
    "attempt": "attempt",
}
UNITS = {"m": "min", "h": "h", "d": "d"}


@dataclass(frozen=True)
class Chip:
    """One filter that is on."""

    name: str
    label: str
    value: str
    remove: str


def chips_of(data: QueryDict) -> list[Chip]:
    """The filters in the address, in the order of the form."""
    given = {name: [text for text in data.getlist(name) if text] for name in LABELS}
    return [
        Chip(name, LABELS[name], worded(name, texts), address(data, **{name: None}))
        for name, texts in given.items()
        if texts
    ]


def worded(name: str, texts: list[str]) -> str:
    """`failed, stuck`; `last 24 h`; `since 2026-02-22`."""
    if name == "created_from":
        age = AGO.fullmatch(texts[0].strip())
        return f"last {age[1]} {UNITS[age[2]]}" if age else f"since {texts[0]}"
    if name == "has_error":
        return {"true": "yes", "false": "no"}.get(texts[0], texts[0])
    return ", ".join(texts)


def address(data: QueryDict, **changes: str | None) -> str:
    """The list's address with other values; always from the first page, and without empty parameters."""
    return changed(LIST, data, {"seen": None, **changes})


def in_words(chips: list[Chip]) -> str:
    """`failed, last 24 h`: what the list shows, for titles and the way back."""
    plain = {"state", "created_from", "function_id", "q"}
    return ", ".join(chip.value if chip.name in plain else f"{chip.label} {chip.value}" for chip in chips)
