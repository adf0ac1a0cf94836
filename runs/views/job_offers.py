"""Buttons that freeze all runs behind a figure as a job, whose page shows what would happen."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from ops.operations.operation import get_operation
from runs.links import runs_link
from runs.stats.time_ranges import Span


@dataclass(frozen=True)
class JobOffer:
    """A verb for all runs that match a filter."""

    verb: str
    text: str
    filter: str

    @classmethod
    def of(
        cls, verb: str, text: str, span: Span | tuple[datetime, datetime] | None = None, **filters: str
    ) -> Self:
        """For the list that `runs_link` leads to; without a filter where that can't name it."""
        return cls(verb, text, runs_link(span, **filters).partition("?")[2])


def offers(user: Any, *found: JobOffer | None) -> list[JobOffer]:
    """Those whose verb the person may use and whose runs a filter can name."""
    known = [one for one in found if one and one.filter]
    return [one for one in known if user.has_perm(get_operation(one.verb).permission)]
