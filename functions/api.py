"""Functions over the API: the definition as the engine answers it, and what became of their runs."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db import DataError
from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from functions.addresses import function_at, function_url
from functions.definition import read_definition
from functions.filters import FunctionFilter
from functions.health import last_day
from functions.listing import FunctionList as Listed
from functions.models import Function
from ops.api.fields import JSONField, MomentField
from ops.api.lists import Listing, ListView
from ops.api.things import find
from ops.api.views import ApiView
from ops.engine.values import Payload
from ops.errors import InvalidInput
from ops.pagination import Order, Page, make_cursor, read_cursor
from runs.last_runs import last_runs
from runs.models import Run
from runs.statistics import FunctionFigures

PERMISSION = "functions.view_function"
BY_ID = Order(("id",), newest_first=False)
KEYS = ("name", "triggers", "retries", "timeout_secs", "concurrency", "throttle", "debounce", "priority")


class RecentSerializer(serializers.Serializer[Any]):
    """Runs that were created in the last 24 hours, or in as many hours as can be counted at once."""

    since = MomentField()
    runs = serializers.IntegerField()
    completed = serializers.IntegerField()
    failed = serializers.IntegerField()
    rate = serializers.FloatField(
        allow_null=True, help_text="Failed among completed and failed, 0 to 1; null when none has finished."
    )


class FunctionLinksSerializer(serializers.Serializer[Any]):
    """Addresses without host."""

    self = serializers.CharField()
    runs = serializers.CharField()
    page = serializers.CharField(help_text="For people.")


class FunctionRowSerializer(serializers.Serializer[Any]):
    """A function: the keys of its definition as they are stored; what isn't set is null."""

    id = serializers.CharField()
    name = JSONField()
    triggers = JSONField()
    retries = JSONField()
    timeout_secs = JSONField(help_text="Stored, but not enforced by the engine; so are those that follow.")
    concurrency = JSONField()
    throttle = JSONField()
    debounce = JSONField()
    priority = JSONField()
    fault = serializers.CharField(allow_blank=True, help_text="Why the definition can't be read.")
    registered = serializers.BooleanField(help_text="False: there are runs of it, but no definition.")
    created_at = MomentField(allow_null=True)
    updated_at = MomentField(allow_null=True)
    recent = RecentSerializer()
    last_run_at = MomentField(allow_null=True, help_text="When its newest run was created.")
    links = FunctionLinksSerializer()


class FunctionSerializer(FunctionRowSerializer):
    """The same, and the definition as a whole."""

    definition = JSONField(help_text="As stored, with keys that the engine itself doesn't know.")


@dataclass(frozen=True)
class Named:
    """A place in the list."""

    id: str


class FunctionList(ListView):
    """The registered functions, and those that only occur in runs, by id."""

    permission = PERMISSION
    row = FunctionRowSerializer
    filter_class = FunctionFilter
    first, has_order = "oldest", False

    def turn_to(self, listing: Listing, **address: str) -> tuple[Page, None]:
        """There are few functions: the filter looks at each."""
        given = self.request.query_params.copy()
        for name in ("cursor", "limit", "format"):
            given.pop(name, None)
        asked = Listed(given)
        names = list(asked.matching)
        if asked.faults:
            raise InvalidInput(asked.faults)
        return page_of(names, listing), None

    def complete(self, rows: Sequence[Named]) -> list[dict[str, Any]]:
        """With their definitions and figures."""
        names = [row.id for row in rows]
        known = Function.objects.in_bulk(names)
        return told({name: known.get(name) for name in names})


def page_of(names: Sequence[str], listing: Listing) -> Page:
    """The sorted names after the cursor, or before it."""
    key, backwards = [""], False
    if listing.cursor:
        key, backwards = read_cursor(listing.cursor, order=BY_ID, scope=listing.scope)
    start = bisect_right(names, key[0]) if listing.cursor else 0
    end = start + listing.limit
    if backwards:
        end = bisect_left(names, key[0])
        start = max(0, end - listing.limit)
    rows = [Named(name) for name in names[start:end]]
    ahead, behind = rows and end < len(names), rows and start > 0
    return Page(
        rows=rows,
        next=make_cursor(BY_ID, rows[-1], "next", listing.scope) if ahead else None,
        previous=make_cursor(BY_ID, rows[0], "previous", listing.scope) if behind else None,
    )


class FunctionDetail(ApiView):
    """One function, also one that isn't registered but has runs."""

    permission = PERMISSION
    answer = FunctionSerializer

    def get(self, request: Request, id: str) -> Response:  # noqa: A002 - the address's own name
        """The function; Http404 if there is neither a definition nor a run."""
        for name in (function_at(id), id):
            row = None if name is None else find(Function.objects.all(), name)
            if name is not None and (row is not None or has_runs(name)):
                [function] = told({name: row})
                return Response(self.answer(function).data)
        raise Http404("There is no function with this id.")


def has_runs(name: str) -> bool:
    """Whether any run names the function."""
    try:
        return Run.objects.filter(function_id=name).exists()
    except DataError:  # what no database can hold
        return False


def told(rows: Mapping[str, Function | None]) -> list[dict[str, Any]]:
    """Id → row, as plain values with figures."""
    day = last_day()
    newest = last_runs(list(rows))
    return [
        definition_of(row)
        | {
            "id": name,
            "registered": row is not None,
            "created_at": row and row.created_at,
            "updated_at": row and row.updated_at,
            "recent": recent_of(day.by_function.get(name)) | {"since": day.span.start},
            "last_run_at": newest.get(name),
            "links": links_of(name),
        }
        for name, row in rows.items()
    ]


def recent_of(figures: FunctionFigures | None) -> dict[str, Any]:
    """The figures; zeros when nothing ran."""
    counts = {name: getattr(figures, name, 0) for name in ("runs", "completed", "failed")}
    return counts | {"rate": figures and figures.rate}


def links_of(name: str) -> dict[str, str]:
    """Addresses of the function and its runs."""
    page = function_url(name)
    return {"self": f"/api{page}", "runs": f"/api/runs?{urlencode({'function_id': name})}", "page": page}


def definition_of(row: Function | None) -> dict[str, Any]:
    """The definition, whole and by its keys; what isn't there or can't be read is null."""
    if row is None:
        return dict.fromkeys(KEYS) | {"definition": None, "fault": ""}
    fault = read_definition(row.definition).fault
    value = {} if fault else row.definition.value()
    keys = {key: Payload.of(value[key]) if value.get(key) is not None else None for key in KEYS}
    return keys | {"definition": row.definition, "fault": fault}
