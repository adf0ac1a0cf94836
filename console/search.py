"""One search over runs, events and functions: what the field in the head of every page leads to."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import django_filters
from django.contrib import admin
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse

from events.filters import EventFilter
from events.models import Event
from events.querysets import NEWEST_FIRST
from functions.addresses import function_url
from functions.filters import FunctionFilter
from functions.listing import matching
from functions.models import Function
from ops.access.guards import page
from ops.engine.ids import spellings
from ops.lists.filters import StrictFilterSet
from ops.lists.pagination import paginate
from ops.platform.database_errors import advice
from ops.platform.errors import InvalidInput
from runs.filters import RunFilter
from runs.models import Run
from runs.ordering import run_order
from runs.views.rows import rows_of

FEW = 5
TROUBLE = "Not searched: the database is busy or took too long. Try again, or narrow the list by its filters."


class SearchFilter(StrictFilterSet):
    """The search knows one parameter, which each list reads as its own."""

    listing = frozenset[str]()
    q = django_filters.CharFilter(label="Search")


@dataclass(frozen=True)
class Found:
    """The first few that match, and whether there are more."""

    rows: Sequence[Any] = ()
    has_more: bool = False


@dataclass(frozen=True)
class Source:
    """A list that is searched, by the list's own filter."""

    name: str
    permission: str
    rows: type[Run] | type[Event] | type[Function]
    find: Callable[[QueryDict], Found]

    @property
    def searched(self) -> str:
        """Where the list looks and where not, as it says itself."""
        model_admin: Any = admin.site.get_model_admin(self.rows)
        return str(model_admin.searched)

    @property
    def address(self) -> str:
        """The list's."""
        return reverse(f"admin:{self.rows._meta.app_label}_{self.rows._meta.model_name}_changelist")

    @property
    def model(self) -> Any:
        """What a whole id may be of."""
        return None if self.rows is Function else self.rows


@dataclass(frozen=True)
class Group:
    """What one list has of the search; `link` is that list with the search as its filter."""

    source: Source
    link: str
    found: Found
    trouble: str = ""


def found_runs(asked: QueryDict) -> Found:
    """Runs, newest first."""
    branches = Run.objects.branches(RunFilter(asked).checked_criteria())
    first = paginate(branches, lambda runs: runs.for_list(), order=run_order(), size=FEW)
    return Found(rows_of(first.rows), bool(first.next))


def found_events(asked: QueryDict) -> Found:
    """Events, newest first."""
    branches = Event.objects.branches(EventFilter(asked).checked_criteria())
    first = paginate(branches, lambda events: events.for_list(), order=NEWEST_FIRST, size=FEW)
    return Found(first.rows, bool(first.next))


def found_functions(asked: QueryDict) -> Found:
    """Functions by id, each with where its page is and what is registered of it."""
    found = matching(FunctionFilter(asked).checked())
    rows = [(name, function_url(name), registered) for name, registered in found.items()]
    return Found(rows[:FEW], len(rows) > FEW)


SOURCES = (
    Source("runs", "runs.view_run", Run, found_runs),
    Source("events", "events.view_event", Event, found_events),
    Source("functions", "functions.view_function", Function, found_functions),
)


@page(None)
def search(request: HttpRequest) -> HttpResponseBase:
    """The matches in three groups, or the page of the one thing that an id names."""
    try:
        text = SearchFilter(request.GET, Run.objects.none()).checked()["q"].strip()
    except InvalidInput as error:
        return render(request, "console/search.html", {"faults": error.fields}, status=400)
    sources = [source for source in SOURCES if request.user.has_perm(source.permission)]
    groups: list[Group] = []
    if text:
        if named := address_of(text, sources):
            return HttpResponseRedirect(named)
        groups = list(grouped(text, sources))
        if only := only_function(text, groups):
            return HttpResponseRedirect(only)
    context = {"title": "Search", "text": text, "sources": sources, "groups": groups}
    context["nothing"] = not any(group.found.rows or group.trouble for group in groups)
    status = 503 if any(group.trouble for group in groups) else 200
    return render(request, "console/search.html", context, status=status)


def address_of(text: str, sources: Sequence[Source]) -> str:
    """The page of the run or event whose whole id the text is, if there is one."""
    ids = spellings(text)
    for source in sources:
        if ids and source.model and (row := source.model.objects.filter(pk__in=ids).only("pk").first()):
            return str(row.get_absolute_url())
    return ""


def grouped(text: str, sources: Sequence[Source]) -> Iterator[Group]:
    """What each list has; a list that can't be read in time is the last that is asked."""
    query, trouble = urlencode({"q": text}), ""
    for source in sources:
        found = Found()
        try:
            if not trouble:
                found = source.find(QueryDict(query))
        except DatabaseError as error:
            if advice(error) is None:
                raise
            trouble = TROUBLE
        yield Group(source, f"{source.address}?{query}", found, trouble)


def only_function(text: str, groups: Sequence[Group]) -> str:
    """The page of the function whose id the text is, unless an event or another function may be meant."""
    found = {group.source.name: group for group in groups}
    if "functions" not in found or any(group.trouble for group in groups):
        return ""
    functions = found["functions"].found
    is_event = "events" in found and found["events"].found.rows
    if is_event or functions.has_more or [name for name, *_ in functions.rows] != [text]:
        return ""
    return function_url(text)
