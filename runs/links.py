"""Addresses of lists of runs, from figures."""

from datetime import datetime
from urllib.parse import urlencode

from runs.stats.time_ranges import Span, text_of

LIST = "/runs"


def runs_link(span: Span | tuple[datetime, datetime] | None = None, **filters: str) -> str:
    """The list of the runs that were created in the span and meet the filters.

    A span that ends now is written as its age, so that the list goes on with it. Empty where a value can't
    be a filter: the list would be a wider one.
    """
    if not all(is_usable(name, value) for name, value in filters.items()):
        return ""
    return f"{LIST}?{urlencode(filters | created(span), safe=':')}" if filters or span else LIST


def created(span: Span | tuple[datetime, datetime] | None) -> dict[str, str]:
    """The span as filters of the list."""
    if span is None:
        return {}
    if isinstance(span, Span):
        if span.name:
            return {"created_from": span.age}
        span = (span.start, span.end)
    return {"created_from": text_of(span[0]), "created_to": text_of(span[1])}


def is_usable(name: str, value: str) -> bool:
    """Whether the list would take the value as it is."""
    return bool(value) and (name != "worker" or value == value.strip())
