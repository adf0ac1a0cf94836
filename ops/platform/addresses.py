"""Addresses of lists: the filter is in the query, and every change of it begins at the first page."""

from collections.abc import Mapping, Sequence
from functools import cache
from urllib.parse import SplitResult, quote, urlsplit

from django.core.exceptions import SuspiciousOperation
from django.http import QueryDict
from django.urls import get_script_prefix, reverse

NOWHERE = urlsplit("/")


def below(name: str, key: str) -> str:
    """`/runs/<key>` for the name of `/runs`: for lists, because `reverse` takes 50 µs."""
    return f"{start_of(name, get_script_prefix())}/{quote(key, safe='')}"


@cache
def start_of(name: str, prefix: str) -> str:
    """The address of the name, where the console is below `prefix`."""
    return reverse(name)


def changed(path: str, data: QueryDict, changes: Mapping[str, str | None]) -> str:
    """The address with other values, without the cursor unless it is given, and without empty parameters."""
    query = data.copy()
    for name, value in {"cursor": None, **changes}.items():
        query.setlist(name, [] if value is None else [value])
    for name in list(query):
        kept: Sequence[str] = [text for text in query.getlist(name) if text]
        if kept:
            query.setlist(name, list(kept))
        else:
            del query[name]
    return f"{path}?{query.urlencode()}" if query else path


def parts_of(told: str) -> SplitResult:
    """The parts of an address that a header holds; those of `/` when it can't be read."""
    try:
        return urlsplit(told)
    except ValueError:
        return NOWHERE


def query_at(path: str, told: str) -> str:
    """The query of an address that a header holds, if it is the address of this path; else nothing."""
    came = parts_of(told)
    try:
        return QueryDict(came.query).urlencode() if came.path == path else ""
    except SuspiciousOperation:  # more parameters than Django reads
        return ""
