"""A job's items as CSV, one line at a time."""

import csv
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from ops.jobs.models import JobItem

COLUMNS = ("position", "target", "seen_state", "seen_group", "outcome", "reason", "result")
HEAD = ("position", "id", "state when frozen", "function", "outcome", "reason", "result")
# A cell that begins like this is a formula to a spreadsheet.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        """The line."""
        return text


def lines(items: QuerySet[JobItem]) -> Iterator[str]:
    """The head and a line per item; memory stays flat."""
    writer: Any = csv.writer(Echo())
    yield writer.writerow(HEAD)
    for row in items.order_by("position").values_list(*COLUMNS).iterator(chunk_size=2000):
        yield writer.writerow([harmless(value) for value in row])


def harmless(value: Any) -> Any:
    """A text that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
