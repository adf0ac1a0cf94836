"""Functions over the API: the definition as the engine answers it, and what became of their runs."""

from collections.abc import Mapping
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
from functions.listing import BY_ID, matching, page_of
from functions.models import Function
from ops.api.fields import JSONField, MomentField
from ops.api.pagination import ORDER, KeysetPagination
from ops.api.viewsets import ReadOnlyViewSet, find
from ops.engine.values import Payload
from runs.models import Run
from runs.stats.last_runs import last_runs
from runs.stats.statistics import FunctionFigures

PERMISSION = "functions.view_function"
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


class NamesPagination(KeysetPagination):
    """Pages of sorted names: there are few functions, and the filter looks at each."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        asked = self.read(request, view)
        self.request, self.window = request, None
        self.page = page_of(queryset, limit=asked.limit, cursor=asked.cursor, scope=asked.scope)
        found: list[Any] = view.described([row.id for row in self.page.rows])
        return found

    def parameters(self, view: Any) -> dict[str, dict[str, Any]]:
        """There is one order."""
        found = super().parameters(view)
        del found[ORDER]
        return found


class FunctionViewSet(ReadOnlyViewSet):
    """The registered functions, and those that only occur in runs, by id."""

    queryset = Function.objects.all()
    lookup_value_converter = "path"
    permission = PERMISSION
    serializer_class = FunctionSerializer
    row_serializer_class = FunctionRowSerializer
    filterset_class = FunctionFilter
    pagination_class = NamesPagination
    order = BY_ID

    def filter_queryset(self, queryset: Any) -> Any:
        """The names that match; InvalidInput if a parameter is wrong."""
        return list(matching(FunctionFilter(self.filter_parameters()).checked()))

    def described(self, names: list[str]) -> list[dict[str, Any]]:
        """With their definitions and figures."""
        known = self.get_queryset().in_bulk(names)
        return told({name: known.get(name) for name in names})

    def get_object(self) -> dict[str, Any]:
        """Also one that isn't registered but has runs; Http404 if there is neither a definition nor a run."""
        place = self.kwargs["id"]
        for name in (function_at(place), place):
            row = None if name is None else find(self.get_queryset(), name)
            if name is not None and (row is not None or has_runs(name)):
                [function] = told({name: row})
                return function
        raise Http404("There is no function with this id.")

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One function, also one that isn't registered but has runs."""
        return super().retrieve(request, *args, **kwargs)


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
