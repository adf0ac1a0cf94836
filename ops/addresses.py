"""Addresses of lists: the filter is in the query, and every change of it begins at the first page."""

from collections.abc import Mapping, Sequence

from django.http import QueryDict


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
