"""Errors that differ in numbers and ids alone, counted as one."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from runs.headline import headline
from runs.querysets import RunQuerySet

CHANGING = re.compile(r"0x[0-9a-f]+|\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\b[0-9a-f]{12,}\b|\d+", re.IGNORECASE)
SAMPLE = 200
SHOWN = 5


@dataclass(frozen=True)
class Kind:
    """Errors of one kind: the headline of the newest, and how many there are."""

    headline: str
    runs: int


@dataclass(frozen=True)
class CommonErrors:
    """The most frequent kinds among the newest `looked_at` failed runs; `is_all` when there are no more."""

    kinds: list[Kind]
    looked_at: int
    is_all: bool


def common_errors(failed: RunQuerySet) -> CommonErrors:
    """Of at most SAMPLE runs, the newest."""
    found = failed.newest_errors(SAMPLE + 1)
    looked_at = min(len(found), SAMPLE)
    return CommonErrors(kinds(map(headline, found[:SAMPLE]))[:SHOWN], looked_at, len(found) <= SAMPLE)


def kinds(headlines: Iterable[str]) -> list[Kind]:
    """The most frequent first; what says nothing is no kind."""
    counts: Counter[str] = Counter()
    newest: dict[str, str] = {}
    for line in filter(None, headlines):
        key = CHANGING.sub("#", line)
        newest.setdefault(key, line)
        counts[key] += 1
    return [Kind(newest[key], count) for key, count in counts.most_common()]
