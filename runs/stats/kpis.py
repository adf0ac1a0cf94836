"""A figure with its name, a note and the list that explains it, as pages show it."""

from dataclasses import dataclass

from ops.display.formatting import capped_text
from ops.lists.pagination import COUNT_CAP


@dataclass(frozen=True)
class Tile:
    """`look` is empty, `bad` or `warn`; without a link it is a figure alone."""

    label: str
    value: str
    note: str
    link: str
    look: str = ""


def counted(count: int) -> str:
    """`1,284`, `10,000+`."""
    return capped_text(count, COUNT_CAP)


def plural(count: int, noun: str) -> str:
    """`1 worker`, `3 workers`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def share(part: float) -> str:
    """`99.6 %`; neither 0 % nor 100 % unless it is."""
    value = part * 100 if part in {0, 1} else min(99.9, max(0.1, part * 100))
    return f"{value:.1f}".removesuffix(".0") + " %"
