"""Exports: rows read in slices and streamed as CSV or NDJSON, harmless in every spreadsheet."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse

from ops.lists.pagination import Order

SLICE = 2_000
TYPES = {"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"}

BLANKS = r"\s\x00-\x1f\u200b-\u200f\u2060\ufeff"
# A formula begins with one of these; the last four are full-width.
SIGNS = r"=+\-@\uff1d\uff0b\uff0d\uff20"
BEFORE_SIGN = re.compile(rf"(?<![;{BLANKS}])[;{BLANKS}]*+(?=[{SIGNS}])")
# Where the comma isn't the list separator, a spreadsheet begins a new cell here, quoted or not.
SEPARATORS = re.compile(r"[;\t\r\n]")


def slices(rows: QuerySet[Any, Any], order: Order, *, size: int = SLICE) -> Iterator[list[Any]]:
    """All rows in order, a slice at a time.

    Each slice is read to its end before any of it is sent: an open cursor would last as long as the slowest
    client reads, and keep SQLite's write-ahead log from shrinking and PostgreSQL from cleaning up meanwhile.
    """
    ordered = rows.order_by(*order.by())
    found = list(ordered[:size])
    while found:
        yield found
        if len(found) < size:
            return
        beyond = order.beyond(order.key_of(found[-1]), backwards=False)
        found = list(ordered.filter(beyond)[:size])


def csv_text(head: Sequence[str], rows: Iterable[Iterable[Sequence[Any]]]) -> Iterator[str]:
    """The head at once, then the lines of each slice."""
    yield lines([head])
    for part in rows:
        yield lines(part)


def lines(rows: Iterable[Sequence[Any]]) -> str:
    """The rows as lines of CSV."""
    text = io.StringIO()
    csv.writer(text).writerows([harmless(value) for value in row] for row in rows)
    return text.getvalue()


def harmless(value: Any) -> Any:
    """A text that no spreadsheet takes for a formula: an apostrophe goes before the sign."""
    if not isinstance(value, str) or (value[:1].isalnum() and not SEPARATORS.search(value)):
        return value
    return ("'" if value.startswith(("\t", "\r", "\n")) else "") + BEFORE_SIGN.sub(defused, value)


def defused(gap: re.Match[str]) -> str:
    """The gap before a sign, with an apostrophe if a cell may begin there."""
    begins = gap.start() == 0 or SEPARATORS.search(gap[0])
    return f"{gap[0]}'" if begins else gap[0]


def ndjson_text(rows: Iterable[Iterable[Mapping[str, Any]]]) -> Iterator[str]:
    for part in rows:
        yield "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in part)


def download(text: Iterator[str], *, name: str, kind: str) -> StreamingHttpResponse:
    """The export as a file `name.kind`."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    return StreamingHttpResponse(text, content_type=TYPES[kind], headers=headers)
