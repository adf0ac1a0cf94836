"""Rows that stand still: a refresh shows the runs that the page shows already, as they are by now."""

from collections.abc import Sequence
from dataclasses import dataclass

from ops.engine.ids import spellings
from ops.lists.pagination import Page
from runs.models import Run

SEPARATOR = "~"


@dataclass(frozen=True)
class Standing:
    """What the table shows, and what it would show besides if it were read afresh."""

    rows: list[Run]
    above: int = 0  # before or between the rows
    below: bool = False  # after the last one


def ids_in(text: str) -> list[str]:
    """The ids of an address."""
    return [one for one in text.split(SEPARATOR) if one]


def standing(ids: Sequence[str], page: Page, *, newest_first: bool) -> Standing:
    """The runs of these ids in their order, beside the page as it is by now; the page itself without any."""
    wanted = [spelling for one in ids for spelling in spellings(one)]
    found = {run.pk: run for run in Run.objects.filter(pk__in=wanted).for_list()} if wanted else {}
    rows = [found[one] for one in ids if one in found]
    if not rows:
        return Standing(page.rows, below=page.next is not None)
    others = [run for run in page.rows if run.pk not in found]
    above = [run for run in others if (run.created_at > rows[-1].created_at) == newest_first]
    return Standing(rows, len(above), page.next is not None or len(others) > len(above))
