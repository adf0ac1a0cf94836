"""The filters of the list of runs that are on."""

from functools import partial

from django.http import QueryDict

from ops.lists.active_filters import Chip, chips_of, joined, since
from ops.platform.addresses import changed

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
    "job": "made by job",
}
PERIODS = {"created_from": "created_to"}


def run_chips(data: QueryDict) -> list[Chip]:
    """The filters in the address, in the order of the form."""
    return chips_of(data, LABELS, partial(address, data), worded, PERIODS)


def worded(name: str, texts: list[str]) -> str:
    """`failed, stuck`; `last 24 h`; `since 2026-02-22`."""
    if name == "created_from":
        return since(texts[0])
    if name == "has_error":
        return {"true": "yes", "false": "no"}.get(texts[0], texts[0])
    return joined(name, texts)


def address(data: QueryDict, **changes: str | None) -> str:
    """The list's address with other values; always from the first page, and without empty parameters."""
    return changed(LIST, data, {"seen": None, "rows": None, **changes})


def in_words(chips: list[Chip]) -> str:
    """`failed, last 24 h`: what the list shows, for titles and the way back."""
    plain = {"state", "created_from", "function_id", "q"}
    return ", ".join(chip.value if chip.name in plain else f"{chip.label} {chip.value}" for chip in chips)
