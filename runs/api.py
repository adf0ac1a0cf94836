"""Runs over the API: what the engine's own answers say, and what the console knows besides."""

from functools import lru_cache
from typing import Any
from urllib.parse import quote

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from events.models import Event
from ops.api.fields import EngineIdField, MomentField, PayloadField, PayloadSerializer, SecondsField
from ops.api.rows import RowSerializer, path_part
from ops.api.viewsets import ConsoleViewSet, ReadOnlyViewSet, thing
from ops.jobs.api import BulkMixin, with_bulk_jobs
from ops.lists.branches import Branches
from ops.lists.pagination import Order
from ops.operations.api import VerbMixin, with_verbs
from runs.criteria import RunCriteria
from runs.filters import RunFilter
from runs.headline import cut
from runs.models import Run, Step
from runs.ordering import run_order
from runs.replays import Mode, Replay
from runs.states import State, Status
from runs.stats.api import StatsSerializer, figures_of
from runs.stats.statistics import frame
from runs.stats.time_ranges import SpanFilter
from runs.views.waterfall import waterfall_of

PAYLOADS = "events.view_payload"
ERROR_HEAD = 200


@lru_cache(maxsize=4096)
def function_part(function_id: str) -> str:
    """The id as a part of an address; functions are few."""
    return quote(function_id)


class RunLinksSerializer(serializers.Serializer[Run]):
    """Addresses without host."""

    self = serializers.CharField()
    steps = serializers.CharField()
    event = serializers.CharField()
    function = serializers.CharField()
    page = serializers.CharField(help_text="For people.")

    def to_representation(self, run: Run) -> dict[str, str]:
        """From the ids alone."""
        here = path_part(run.pk)
        return {
            "self": f"/api/runs/{here}",
            "steps": f"/api/runs/{here}/steps",
            "event": f"/api/events/{path_part(str(run.event_id))}",
            "function": f"/api/functions/{function_part(run.function_id)}",
            "page": f"/runs/{here}",
        }


class HeadField(serializers.CharField):
    """The beginning of a text."""

    def to_representation(self, value: str) -> str:
        return value[:ERROR_HEAD]


class RunRowSerializer(RowSerializer):
    """A run in a list: no payloads, and of the error its headline and its beginning."""

    id = serializers.CharField()
    function_id = serializers.CharField()
    event_id = serializers.CharField()
    event_name = serializers.CharField(source="event.name", allow_null=True)
    status = serializers.ChoiceField(choices=Status.choices, help_text="The engine's own.")
    state = serializers.ChoiceField(choices=State.choices, help_text="What a person sees.")
    attempt = serializers.IntegerField()
    max_attempts = serializers.IntegerField()
    created_at = MomentField(allow_null=True)
    started_at = MomentField(allow_null=True)
    ended_at = MomentField(allow_null=True)
    locked_by = serializers.CharField(allow_null=True, help_text="The worker that has it.")
    locked_until = MomentField(allow_null=True)
    run_after = MomentField(allow_null=True)
    waited = SecondsField(help_text="From creation to the first lease.")
    duration = SecondsField(source="ran", help_text="From the first lease to the end, or to now.")
    error_headline = serializers.SerializerMethodField(
        help_text="The line of the error that says what went wrong; at most 200 characters."
    )
    error_head = HeadField(allow_null=True, help_text="At most 200 characters; `error` has all.")
    links = RunLinksSerializer(source="*")

    def get_error_headline(self, run: Run) -> str | None:
        """None where there is no error."""
        return None if run.error_head is None else cut(run.headline, ERROR_HEAD)  # type: ignore[attr-defined]


class OriginSerializer(serializers.Serializer[Replay]):
    """What a replay was made from."""

    origin = serializers.CharField(help_text="The run that was replayed.")
    root = serializers.CharField(  # type: ignore[assignment]  # a field hides the property
        help_text="The first run of the family."
    )
    generation = serializers.IntegerField(help_text="1 for a replay of an original.")
    mode = serializers.ChoiceField(choices=Mode.choices)
    edited = serializers.BooleanField(help_text="With an input of its own, by a new event.")


class RunSerializer(PayloadSerializer):
    """A run with everything."""

    id = serializers.CharField()
    function_id = serializers.CharField()
    event_id = serializers.CharField()
    event_name = serializers.CharField(source="event.name", allow_null=True)
    status = serializers.ChoiceField(choices=Status.choices, help_text="The engine's own.")
    state = serializers.ChoiceField(choices=State.choices, help_text="What a person sees.")
    attempt = serializers.IntegerField()
    max_attempts = serializers.IntegerField()
    input = PayloadField()
    output = PayloadField()
    error = serializers.CharField(allow_null=True)
    created_at = MomentField(allow_null=True)
    started_at = MomentField(allow_null=True)
    ended_at = MomentField(allow_null=True)
    locked_by = serializers.CharField(allow_null=True, help_text="The worker that has it.")
    locked_until = MomentField(allow_null=True)
    run_after = MomentField(allow_null=True)
    concurrency_key = serializers.CharField(allow_null=True)
    waited = SecondsField(help_text="From creation to the first lease.")
    duration = SecondsField(source="ran", help_text="From the first lease to the end, or to now.")
    replay_of = OriginSerializer(allow_null=True, help_text="Null unless it is a replay.")
    replays = serializers.ListField(child=serializers.CharField(), help_text="The runs made from it.")
    links = RunLinksSerializer(source="*")

    def to_representation(self, run: Run) -> Any:
        """With the replays around it, which the console notes beside the engine's row."""
        around = list(Replay.objects.around(run.pk))
        run.replay_of = next((one for one in around if one.run == run.pk), None)  # type: ignore[attr-defined]
        run.replays = [one.run for one in around if one.run != run.pk]  # type: ignore[attr-defined]
        return super().to_representation(run)


class StepSerializer(PayloadSerializer):
    """A step of a run. A retried step overwrites its row, and the engine's `attempt` is always 0."""

    id = EngineIdField()
    run_id = serializers.CharField()
    step_id = serializers.CharField()
    status = serializers.CharField()
    input = PayloadField()
    output = PayloadField()
    error = serializers.CharField(allow_null=True)
    attempt = serializers.IntegerField()
    created_at = MomentField(allow_null=True)
    started_at = MomentField(allow_null=True)
    ended_at = MomentField(allow_null=True)


class StretchSerializer(serializers.Serializer[Any]):
    """One line of the waterfall."""

    kind = serializers.SerializerMethodField(help_text="run: waiting or leased; step: a step of the run.")
    label = serializers.CharField()  # type: ignore[assignment]  # a field hides the property
    look = serializers.CharField(help_text="What it is drawn as: waiting, attempt, stuck, a step's status, …")
    begin = MomentField(allow_null=True)
    end = MomentField(allow_null=True)
    seconds = SecondsField(source="took")
    is_open = serializers.BooleanField(source="open", help_text="Still going on.")
    begin_is_known = serializers.SerializerMethodField(
        help_text="False for a step of which only the moment of saving is kept."
    )
    note = serializers.CharField(allow_blank=True)

    def get_kind(self, stretch: Any) -> str:
        return "step" if stretch.step else "run"

    def get_begin_is_known(self, stretch: Any) -> bool:
        return not stretch.vague


class TimelineSerializer(serializers.Serializer[Any]):
    """The time of a run, in the order in which it is drawn."""

    stretches = StretchSerializer(many=True)
    seconds = SecondsField(help_text="From creation to the end, or to now.")


class RunRowsViewSet(ConsoleViewSet):
    """How lists read runs."""

    queryset = Run.objects.all()
    permission = "runs.view_run"
    row_serializer_class = RunRowSerializer

    def get_order(self) -> Order:
        """By id while ids tell the time of creation."""
        return run_order() if self.action == "list" else self.order

    def for_list(self, rows: Any) -> QuerySet[Run]:
        found: QuerySet[Run] = rows.for_list() if self.action == "list" else rows
        return found


@with_bulk_jobs
@with_verbs
class RunViewSet(BulkMixin, VerbMixin, RunRowsViewSet, ReadOnlyViewSet):
    """Runs, newest first. Without an index for the filter, only the last 24 hours: see `window`."""

    payload_permission = PAYLOADS
    serializer_class = RunSerializer
    filterset_class = RunFilter

    def get_queryset(self) -> QuerySet[Run]:
        """Runs with the name of their event; without payloads for callers who may not see them."""
        runs = super().get_queryset()
        if self.action != "retrieve":
            return runs
        hidden = () if self.sees_payloads else ("input", "output")
        return runs.select_related("event").defer("event__data", *hidden)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One run with its input, output and error."""
        return super().retrieve(request, *args, **kwargs)

    @action(
        detail=True,
        serializer_class=StepSerializer,
        filterset_class=None,
        order=Order(("begun_at", "id"), newest_first=False),
    )
    def steps(self, request: Request, **address: str) -> Response:
        """The steps of a run in the order in which they began."""
        run = thing(Run.objects.only("id"), address["id"])
        hidden = () if self.sees_payloads else ("input", "output")
        return self.answer_page(Step.objects.filter(run_id=run.pk).with_begin().defer(*hidden))

    @action(detail=True, serializer_class=TimelineSerializer, filter_backends=[], pagination_class=None)
    def timeline(self, request: Request, **address: str) -> Response:
        """What the page of a run draws: waiting, the run itself and its steps, with begin and length."""
        run = self.get_object()
        drawn = waterfall_of(run, Step.objects.of_run(run.pk), now=timezone.now())
        about = {"stretches": [line.stretch for line in drawn.lines], "seconds": drawn.total}
        return Response(self.get_serializer(about).data)

    @action(
        detail=False,
        serializer_class=StatsSerializer,
        filterset_class=SpanFilter,
        pagination_class=None,
    )
    def stats(self, request: Request) -> Response:
        """Runs of the last 24 hours, or of another span, counted by state, time and function."""
        span = SpanFilter(self.filter_parameters()).span()
        return Response(self.get_serializer(figures_of(frame(span))).data)


class EventRunViewSet(ListModelMixin, RunRowsViewSet):
    """The runs that an event triggered."""

    serializer_class = RunRowSerializer

    def filter_queryset(self, queryset: Any) -> Any:
        """Of this event; Http404 if there is none."""
        event = thing(Event.objects.only("id"), self.kwargs["id"])
        return Branches(queryset.branches(RunCriteria(event_ids=(event.pk,))))
