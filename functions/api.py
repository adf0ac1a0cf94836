"""Functions over the API: the definition as the engine answers it, and what became of their runs."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.db import DataError
from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from functions.addresses import function_at, function_url
from functions.definition import read_definition
from functions.models import Function
from ops.api.fields import JSONField, MomentField
from ops.api.lists import Listing, ListView, Question
from ops.api.things import find
from ops.api.views import ApiView
from ops.engine.values import Payload
from ops.pagination import Order
from runs.last_runs import last_runs
from runs.models import Run
from runs.spans import until_now
from runs.statistics import FunctionFigures, frame

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


class FunctionList(ListView):
    """The registered functions by id."""

    permission = PERMISSION
    row = FunctionRowSerializer
    first, has_order = "oldest", False

    def ask(self, listing: Listing, **address: str) -> Question:
        """All of them."""
        order = Order(("id",), newest_first=False)
        return Question(branches=[Function.objects.all()], columns=lambda rows: rows, order=order)

    def complete(self, rows: Sequence[Function]) -> list[dict[str, Any]]:
        """With their figures."""
        return told({row.id: row for row in rows})


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
    day = frame(until_now("24h", now=timezone.now()))
    figures = {one.function_id: one for one in day.functions()}
    newest = last_runs(list(rows))
    return [
        definition_of(row)
        | {
            "id": name,
            "registered": row is not None,
            "created_at": row and row.created_at,
            "updated_at": row and row.updated_at,
            "recent": recent_of(figures.get(name)) | {"since": day.span.start},
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
