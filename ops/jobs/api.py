"""Jobs over the API: making them in bulk, watching them, and what people do to them."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.apps import apps
from django.http import Http404, QueryDict
from django.urls import URLPattern, path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ops.actors import actor_of
from ops.api.bodies import BodySerializer, TextField, body_of
from ops.api.fields import MomentField
from ops.api.lists import Listing, ListView, Question
from ops.api.posts import PostView
from ops.api.verbs import asked
from ops.api.views import ApiView
from ops.errors import InvalidInput
from ops.jobs import control, drafts, starting
from ops.jobs.filters import ItemFilter, JobFilter
from ops.jobs.models import Job
from ops.operations import MAX_REASON, Operation, operations
from ops.pagination import COUNT_CAP, Order
from ops.targets import get_target

VIEW = "ops.view_job"


class CountsSerializer(serializers.Serializer[Any]):
    """Items by outcome."""

    done = serializers.IntegerField()
    skipped = serializers.IntegerField()
    failed = serializers.IntegerField()
    pending = serializers.IntegerField()


class JobSerializer(serializers.Serializer[Job]):
    """A job."""

    id = serializers.IntegerField()
    verb = serializers.CharField()
    state = serializers.ChoiceField(choices=Job.State.choices)
    explanation = serializers.CharField(help_text="Why it failed or stopped by itself.")
    reason = serializers.CharField()
    actor = serializers.CharField(help_text="Who answers for it: made it, confirmed it or resumed it last.")
    created_by = serializers.CharField()
    source = serializers.CharField(  # type: ignore[assignment]  # a field hides the property
        help_text="What was frozen, in words."
    )
    total = serializers.IntegerField()
    counts = CountsSerializer()
    rate = serializers.FloatField(allow_null=True, help_text="Items per second.")
    eta = serializers.SerializerMethodField(help_text="Seconds left at this rate.")
    created_at = MomentField()
    started_at = MomentField(allow_null=True)
    finished_at = MomentField(allow_null=True)
    origin = serializers.IntegerField(source="origin_id", allow_null=True, help_text="The job it came from.")
    relation = serializers.CharField(help_text="To its origin: retry or undo.")
    duty = serializers.IntegerField(help_text="Per cent of the time spent working.")
    feed = serializers.FloatField(allow_null=True, help_text="New runs per second.")
    brake = serializers.IntegerField(allow_null=True, help_text="Per cent of failed runs that stops it.")
    expires_at = MomentField(allow_null=True, help_text="When it is discarded unless it is confirmed.")
    address = serializers.CharField(source="api_address", help_text="Without host.")

    def get_eta(self, job: Job) -> float | None:
        """Seconds, or null when nothing can be said."""
        return job.remaining.total_seconds() if job.remaining is not None else None


class ItemSerializer(serializers.Serializer[Any]):
    """One id of a job and what became of it."""

    position = serializers.IntegerField()
    id = serializers.CharField(source="target")
    seen_state = serializers.CharField(help_text="When the list was frozen.")
    outcome = serializers.CharField(help_text="pending, done, skipped or failed.")
    reason = serializers.CharField()
    result = serializers.CharField(help_text="The id of what was made, if anything.")


class JobList(ListView):
    """Jobs, newest first."""

    permission = VIEW
    row = JobSerializer
    filter_class = JobFilter

    def ask(self, listing: Listing, **address: str) -> Question:
        """The jobs that match."""
        found = JobFilter(filter_part(self.request.query_params)).found()
        return Question([found], lambda jobs: jobs, Order(newest_first=listing.newest_first))


class ItemList(ListView):
    """The items of a job in the order in which they were frozen."""

    permission = VIEW
    row = ItemSerializer
    filter_class = ItemFilter
    first = "oldest"

    def ask(self, listing: Listing, **address: Any) -> Question:
        """The items that match."""
        found = ItemFilter(filter_part(self.request.query_params)).found(known(address["id"]))
        order = Order(("position",), newest_first=listing.newest_first)
        return Question([found], lambda items: items, order)


def filter_part(parameters: QueryDict) -> QueryDict:
    """The parameters without those of the listing."""
    data = parameters.copy()
    for name in ("cursor", "limit", "order", "format"):
        data.pop(name, None)
    return data


def known(pk: int) -> Job:
    """The job; Http404 if there is none."""
    job = Job.objects.filter(pk=pk).first()
    if job is None:
        raise Http404(f"There is no job {pk}.")
    return job


class JobDetail(ApiView):
    """One job."""

    permission = VIEW
    answer = JobSerializer

    def get(self, request: Request, id: int) -> Response:  # noqa: A002 - the address's own name
        """The job as it is now."""
        return Response(JobSerializer(known(id)).data)


class NothingSerializer(BodySerializer):
    """No fields."""


class ReasonSerializer(BodySerializer):
    """Why; optional."""

    reason = TextField(required=False, allow_blank=True, max_length=MAX_REASON)


class PaceSerializer(BodySerializer):
    """The settings to change; null takes a rate or a brake away."""

    duty = serializers.IntegerField(required=False)
    feed = serializers.FloatField(required=False, allow_null=True)
    brake = serializers.IntegerField(required=False, allow_null=True)


class ConfirmSerializer(PaceSerializer):
    """What starts a job."""

    reason = TextField(max_length=MAX_REASON, help_text="Why; the audit log keeps it.")
    number = serializers.IntegerField(required=False, help_text="The job's total; needed above 100 items.")


class Deed(PostView):
    """Something that people do to a job; asks the permission of the job's verb."""

    permission = VIEW
    answer = JobSerializer
    asked: type[BodySerializer] = NothingSerializer
    created = False

    def do(self, request: Request, **address: Any) -> Response:
        """Answers the job that it leads to, 202 when that is a new one."""
        body = self.asked(data=request.data)
        body.is_valid(raise_exception=True)
        job = self.act_on(known(address["id"]).pk, dict(body.validated_data))
        return Response(JobSerializer(job).data, status=202 if self.created else 200)

    def act_on(self, pk: int, body: dict[str, Any]) -> Job:
        """The deed itself."""
        raise NotImplementedError


class Confirm(Deed):
    """Start a ready job."""

    asked = ConfirmSerializer
    act = "confirm"

    def act_on(self, pk: int, body: dict[str, Any]) -> Job:
        """Once; 409 the second time."""
        actor = actor_of(self.request, door="api")
        reason, number = body.pop("reason"), body.pop("number", "")
        return starting.confirm(pk, actor=actor, reason=reason, typed=str(number), pace=body)


class Stop(Deed):
    """Stop a job after the chunk at work."""

    asked = ReasonSerializer
    act = "stop"

    def act_on(self, pk: int, body: dict[str, Any]) -> Job:
        """What is done stays done."""
        return control.stop(pk, actor=actor_of(self.request, door="api"), reason=body.get("reason", ""))


class Discard(Deed):
    """End a job that was never confirmed."""

    asked = ReasonSerializer
    act = "discard"

    def act_on(self, pk: int, body: dict[str, Any]) -> Job:
        """409 once it was confirmed."""
        return drafts.discard(pk, actor=actor_of(self.request, door="api"), reason=body.get("reason", ""))


class Resume(Deed):
    """Go on with a stopped job."""

    act = "resume"

    def act_on(self, pk: int, body: dict[str, Any]) -> Job:
        """Where it stopped."""
        return starting.resume(pk, actor=actor_of(self.request, door="api"))


class Pace(Deed):
    """Change how fast a job works."""

    asked = PaceSerializer
    act = "pace"

    def act_on(self, pk: int, body: dict[str, Any]) -> Job:
        """Also while it runs."""
        return control.pace(pk, actor=actor_of(self.request, door="api"), **body)


class RetryFailed(Deed):
    """A new job of the items that failed."""

    act = "retry"
    created = True

    def act_on(self, pk: int, body: dict[str, Any]) -> Job:
        """Linked to the first."""
        return starting.retry_failed(pk, actor=actor_of(self.request, door="api"))


class Undo(Deed):
    """A new job that takes back what can be taken back."""

    act = "undo"
    created = True

    def act_on(self, pk: int, body: dict[str, Any]) -> Job:
        """Linked to the first."""
        return starting.undo(pk, actor=actor_of(self.request, door="api"))


class Bulk(PostView):
    """A job over ids or over all that match the list's filter; nothing is changed before it is confirmed."""

    permission = ""
    operation: Operation
    answer = JobSerializer
    act = "bulk"

    def check_permissions(self, request: Request) -> None:
        """The operation itself refuses, and audits that with what was asked, as far as it can be read."""
        actor = actor_of(request, door="api") if request.user.is_authenticated else None
        if request.method == "POST" and actor and not actor.may(self.operation.permission):
            ids, reason = asked(request, self.kwargs)
            self.operation.admit(ids, actor=actor, reason=reason)
        super().check_permissions(request)

    def do(self, request: Request, **address: Any) -> Response:
        """202 with the job, at once; with `dry_run` only how many match."""
        body = self.asked(data=request.data) if self.asked else NothingSerializer(data={})
        body.is_valid(raise_exception=True)
        values = dict(body.validated_data)
        ids, given = values.pop("ids", None), values.pop("filter", None)
        everything, dry = values.pop("all", False), values.pop("dry_run", False)
        if (ids is None) == (given is None and not everything):
            raise InvalidInput({"ids": "Give ids, a filter, or all=true."})
        data = query_of(given or {})
        if dry:
            return Response(self.dry_run(ids, data, everything=everything))
        actor = actor_of(request, door="api")
        reason = values.pop("reason", "")
        job = (
            starting.given(self.operation.name, ids, actor=actor, reason=reason, parameters=values)
            if ids is not None
            else starting.matching(
                self.operation.name,
                data,
                everything=everything,
                actor=actor,
                reason=reason,
                parameters=values,
            )
        )
        return Response(JobSerializer(job).data, status=202, headers={"Location": job.api_address})

    def dry_run(self, ids: list[str] | None, data: QueryDict, *, everything: bool) -> dict[str, Any]:
        """How many it would be now, capped."""
        self.operation.admit([], actor=actor_of(self.request, door="api"), reason="")
        target = get_target(self.operation.model)
        if ids is not None:
            return {"matching": len(set(ids)), "capped": False}
        found = target.count(target.frozen(data, everything=everything))
        return {"matching": min(found, COUNT_CAP), "capped": found > COUNT_CAP}


def query_of(given: Mapping[str, Any]) -> QueryDict:
    """A JSON filter as the list's own parameters."""
    data = QueryDict(mutable=True)
    for name, value in given.items():
        data.setlist(name, [str(one) for one in (value if isinstance(value, list) else [value])])
    return data


def bulk_body(operation: Operation) -> type[BodySerializer]:
    """The serializer of a bulk call: whom, and the fields of the operation's form."""
    single, left_out = body_of(operation, many=False)(), {"reason", *operation.single}
    fields: dict[str, Any] = {name: field for name, field in single.fields.items() if name not in left_out}
    fields |= {
        "reason": TextField(required=False, allow_blank=True, max_length=MAX_REASON),
        "ids": serializers.ListField(
            child=TextField(max_length=255, trim_whitespace=False), required=False, min_length=1
        ),
        "filter": serializers.DictField(required=False, help_text="The parameters of the list."),
        "all": serializers.BooleanField(required=False, help_text="Needed when the filter is empty."),
        "dry_run": serializers.BooleanField(required=False, help_text="Only count."),
    }
    name = "".join(word.capitalize() for word in operation.name.split("."))
    return type(f"{name}BulkSerializer", (BodySerializer,), {**fields, "__doc__": operation.label})


def bulk_paths() -> Iterator[URLPattern]:
    """`POST /api/runs/bulk-cancel` and the like, for every registered verb."""
    for operation in operations():
        collection = str(apps.get_model(operation.model)._meta.verbose_name_plural)
        about = {
            "operation": operation,
            "permission": operation.permission,
            "asked": bulk_body(operation),
            "__doc__": f"{operation.label} that match, as a job.",
        }
        view: type[Bulk] = type("Bulk", (Bulk,), about)
        yield path(f"{collection}/bulk-{operation.name.split('.', 1)[1]}", view.as_view())


urlpatterns = [
    path("jobs", JobList.as_view()),
    path("jobs/<int:id>", JobDetail.as_view()),
    path("jobs/<int:id>/items", ItemList.as_view()),
    path("jobs/<int:id>/confirm", Confirm.as_view()),
    path("jobs/<int:id>/stop", Stop.as_view()),
    path("jobs/<int:id>/resume", Resume.as_view()),
    path("jobs/<int:id>/discard", Discard.as_view()),
    path("jobs/<int:id>/pace", Pace.as_view()),
    path("jobs/<int:id>/retry-failed", RetryFailed.as_view()),
    path("jobs/<int:id>/undo", Undo.as_view()),
]
