"""Jobs over the API: making them in bulk, watching them, and what people do to them."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import QueryDict
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ops.api.fields import MomentField
from ops.api.filters import as_declared
from ops.api.schema import ErrorSerializer
from ops.api.viewsets import ReadOnlyViewSet
from ops.jobs import drafts, lifecycle, submit
from ops.jobs.filters import ItemFilter, JobFilter
from ops.jobs.made import made_by
from ops.jobs.models import Job, JobItem
from ops.jobs.preview import endings, preview, require_frozen
from ops.jobs.preview_api import EndingsSerializer, PreviewSerializer
from ops.lists.pagination import COUNT_CAP, Order
from ops.operations.api import PostMixin, add
from ops.operations.bodies import BodySerializer, TextField, body_of
from ops.operations.operation import MAX_REASON, Operation, operations
from ops.operations.targets import get_target
from ops.platform.errors import InvalidInput

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


def deed(asked: type[BodySerializer] = NothingSerializer, *, status: int = 200, **about: Any) -> Any:
    """An action that people do to a job; it asks the permission of the job's verb besides."""
    return action(
        detail=True,
        methods=["post"],
        serializer_class=asked,
        answer_class=JobSerializer,
        answer_status=status,
        filter_backends=[],
        pagination_class=None,
        **about,
    )


class JobViewSet(PostMixin, ReadOnlyViewSet):
    """Jobs, newest first."""

    queryset = Job.objects.all()
    lookup_value_converter = "int"
    permission = VIEW
    serializer_class = JobSerializer
    filterset_class = JobFilter

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The job as it is now."""
        return super().retrieve(request, *args, **kwargs)

    @action(
        detail=True,
        serializer_class=ItemSerializer,
        filterset_class=ItemFilter,
        order=Order(("position",), newest_first=False),
    )
    def items(self, request: Request, **address: Any) -> Response:
        """The items of a job in the order in which they were frozen."""
        return self.answer_page(self.filter_queryset(JobItem.objects.filter(job=self.get_object())))

    @action(
        detail=True,
        serializer_class=PreviewSerializer,
        error_answers={409: OpenApiResponse(ErrorSerializer, "Its list is still being collected.")},
        filter_backends=[],
        pagination_class=None,
    )
    def preview(self, request: Request, **address: Any) -> Response:
        """What a job would do, as things are now; 409 while the list is being collected."""
        job = self.get_object()
        require_frozen(job)
        return Response(self.get_serializer(preview(job)).data)

    @action(detail=True, serializer_class=EndingsSerializer, filter_backends=[], pagination_class=None)
    def endings(self, request: Request, **address: Any) -> Response:
        """How a job's items ended that have been tried, counted by outcome and remark."""
        job = self.get_object()
        return Response(self.get_serializer({"results": endings(job), "made": made_by(job)}).data)

    @deed(ConfirmSerializer)
    def confirm(self, request: Request, **address: Any) -> Response:
        """Start a ready job. 409 the second time."""
        return self.answer_job(
            lambda pk, body: submit.confirm(
                pk,
                actor=self.actor(),
                reason=body.pop("reason"),
                typed=str(body.pop("number", "")),
                pace=body,
            )
        )

    @deed(ReasonSerializer)
    def stop(self, request: Request, **address: Any) -> Response:
        """Stop a job after the chunk at work. What is done stays done."""
        return self.answer_job(
            lambda pk, body: lifecycle.stop(pk, actor=self.actor(), reason=body.get("reason", ""))
        )

    @deed(ReasonSerializer)
    def discard(self, request: Request, **address: Any) -> Response:
        """End a job that was never confirmed. 409 once it was."""
        return self.answer_job(
            lambda pk, body: drafts.discard(pk, actor=self.actor(), reason=body.get("reason", ""))
        )

    @deed()
    def resume(self, request: Request, **address: Any) -> Response:
        """Go on with a stopped job, where it stopped."""
        return self.answer_job(lambda pk, body: submit.resume(pk, actor=self.actor()))

    @deed(PaceSerializer)
    def pace(self, request: Request, **address: Any) -> Response:
        """Change how fast a job works, also while it runs."""
        return self.answer_job(lambda pk, body: lifecycle.pace(pk, actor=self.actor(), **body))

    @deed(status=202, url_path="retry-failed")
    def retry_failed(self, request: Request, **address: Any) -> Response:
        """Make a new job of the items that failed, linked to the first."""
        return self.answer_job(lambda pk, body: submit.retry_failed(pk, actor=self.actor()))

    @deed(status=202)
    def undo(self, request: Request, **address: Any) -> Response:
        """Make a new job that takes back what can be taken back, linked to the first."""
        return self.answer_job(lambda pk, body: submit.undo(pk, actor=self.actor()))

    def answer_job(self, act: Callable[[int, dict[str, Any]], Job]) -> Response:
        """The job that the deed leads to."""

        def do() -> Response:
            job = act(self.get_object().pk, self.read_body())
            return Response(JobSerializer(job).data, status=self.answer_status)

        return self.done_once(do)


class DryRunSerializer(serializers.Serializer[Any]):
    """How many it would be now."""

    matching = serializers.IntegerField()
    capped = serializers.BooleanField(help_text="Whether there are more than were counted.")


class BulkMixin(PostMixin):
    """The one handler behind every generated bulk action."""

    def perform_bulk(self, request: Request) -> Response:
        """202 with the job, at once; with `dry_run` 200 and only how many match."""
        return self.done_once(self.make_job)

    def make_job(self) -> Response:
        """A job over ids or over all that match a filter; nothing is changed before it is confirmed."""
        assert self.operation is not None  # noqa: S101 - every generated action has one
        values = self.read_body()
        ids, given = values.pop("ids", None), values.pop("filter", None)
        everything, dry = values.pop("all", False), values.pop("dry_run", False)
        if (ids is None) == (given is None and not everything):
            raise InvalidInput({"ids": "Give ids, a filter, or all=true."})
        data = as_declared(query_of(given or {}), get_target(self.operation.model).filter)
        if dry:
            self.operation.admit([], actor=self.actor(), reason="")
            return Response(dry_run(self.operation, ids, data, everything=everything))
        name = self.operation.name
        about = {"actor": self.actor(), "reason": values.pop("reason", ""), "parameters": values}
        job = (
            submit.given(name, ids, **about)
            if ids is not None
            else submit.matching(name, data, everything=everything, **about)
        )
        return Response(JobSerializer(job).data, status=202, headers={"Location": job.api_address})


def dry_run(
    operation: Operation, ids: list[str] | None, data: QueryDict, *, everything: bool
) -> dict[str, Any]:
    """How many it would be now, capped."""
    target = get_target(operation.model)
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


def with_bulk_jobs(viewset: Any) -> Any:
    """Give the viewset `bulk-cancel` and the like, for each verb on its model."""
    model = viewset.queryset.model._meta.label_lower
    for operation in operations():
        if operation.model == model:
            add(viewset, bulk_action(operation))
    return viewset


def bulk_action(operation: Operation) -> Any:
    """One generated action: `runs.cancel` becomes `bulk_cancel`."""
    verb = operation.name.split(".", 1)[1]

    def act(self: BulkMixin, request: Request) -> Response:
        return self.perform_bulk(request)

    act.__name__ = f"bulk_{verb}"
    act.__doc__ = f"{operation.label} that match, as a job."
    return action(
        detail=False,
        methods=["post"],
        url_path=f"bulk-{verb}",
        name=f"{operation.label} that match",
        operation=operation,
        permission=operation.permission,
        serializer_class=bulk_body(operation),
        answer_class=JobSerializer,
        answer_status=202,
        error_answers={200: DryRunSerializer},
        filter_backends=[],
        pagination_class=None,
    )(act)
