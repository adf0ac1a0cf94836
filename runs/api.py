"""Runs over the API: what the engine's own answers say, and what the console knows besides."""

from typing import Any
from urllib.parse import quote

from django.db.models import QuerySet
from rest_framework import serializers

from events.models import Event
from ops.api.fields import EngineIdField, MomentField, PayloadField, PayloadSerializer
from ops.api.lists import Listing, ListView, Question, Window
from ops.api.things import ThingView, thing
from ops.pagination import Order
from runs.criteria import RunCriteria
from runs.filters import RunFilter
from runs.headline import cut
from runs.models import Run, Step
from runs.ordering import run_order
from runs.replays import Mode, Replay
from runs.states import State, Status

PAYLOADS = "events.view_payload"
ERROR_HEAD = 200


class RunLinksSerializer(serializers.Serializer[Run]):
    """Addresses without host."""

    self = serializers.CharField()
    steps = serializers.CharField()
    event = serializers.CharField()
    function = serializers.CharField()
    page = serializers.CharField(help_text="For people.")

    def to_representation(self, run: Run) -> dict[str, str]:
        """From the ids alone."""
        here = quote(run.pk, safe="")
        return {
            "self": f"/api/runs/{here}",
            "steps": f"/api/runs/{here}/steps",
            "event": f"/api/events/{quote(str(run.event_id), safe='')}",
            "function": f"/api/functions/{quote(run.function_id)}",
            "page": f"/runs/{here}",
        }


class HeadField(serializers.CharField):
    """The beginning of a text."""

    def to_representation(self, value: str) -> str:
        return value[:ERROR_HEAD]


class RunRowSerializer(serializers.Serializer[Run]):
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


class RunList(ListView):
    """Runs, newest first. Without an index for the filter, only the last 24 hours: see `window`."""

    permission = "runs.view_run"
    row = RunRowSerializer
    filter_class = RunFilter

    def ask(self, listing: Listing, **address: str) -> Question:
        """The runs that match."""
        criteria = RunFilter(self.request.query_params).checked_criteria()
        return question_of(criteria, listing)


class EventRunList(ListView):
    """The runs that an event triggered."""

    permission = "runs.view_run"
    row = RunRowSerializer

    def ask(self, listing: Listing, **address: str) -> Question:
        """Of this event; Http404 if there is none."""
        event = thing(Event.objects.only("id"), address["id"])
        return question_of(RunCriteria(event_ids=(event.pk,)), listing)


def question_of(criteria: RunCriteria, listing: Listing) -> Question:
    """The list of runs behind the criteria."""
    window = Window(criteria.created_from, criteria.created_to) if criteria.windowed else None
    return Question(
        branches=Run.objects.branches(criteria),
        columns=lambda rows: rows.for_list(),
        order=run_order(newest_first=listing.newest_first),
        window=window,
    )


class RunDetail(ThingView):
    """One run with its input, output and error."""

    permission = "runs.view_run"
    payload_permission = PAYLOADS
    answer = RunSerializer

    def rows(self) -> QuerySet[Run]:
        """Runs with the name of their event."""
        hidden = () if self.sees_payloads else ("input", "output")
        return Run.objects.select_related("event").defer("event__data", *hidden)


class StepList(ListView):
    """The steps of a run in the order in which they began."""

    permission = "runs.view_run"
    payload_permission = PAYLOADS
    row = StepSerializer
    first = "oldest"

    def ask(self, listing: Listing, **address: str) -> Question:
        """Of this run; Http404 if there is none."""
        run = thing(Run.objects.only("id"), address["id"])
        hidden = () if self.sees_payloads else ("input", "output")
        return Question(
            branches=[Step.objects.filter(run_id=run.pk).with_begin()],
            columns=lambda rows: rows.defer(*hidden),
            order=Order(("begun_at", "id"), newest_first=listing.newest_first),
        )
