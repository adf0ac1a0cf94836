"""The pages of jobs: the list, one job with its preview, progress and items, and what people do to it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from ops.access.actors import Actor, actor_of
from ops.access.guards import View, page
from ops.health import measurements
from ops.jobs import drafts, leasing, lifecycle, submit
from ops.jobs.estimates import estimate
from ops.jobs.filters import OUTCOMES, ItemFilter
from ops.jobs.forms import asked_of, parameters_of, rate_form, rate_from, settings_of
from ops.jobs.lifecycle import SuccessorOpen
from ops.jobs.made import made_by
from ops.jobs.models import Job, JobItem
from ops.jobs.preview import changes_since, endings, preview
from ops.lists import export
from ops.lists.pagination import Order, Page, paginate
from ops.operations.operation import MAX_REASON, Operation, find_operation, get_operation
from ops.operations.submissions import FIELD, Done, SeeOther, submitted
from ops.platform.errors import EngineMismatch, InvalidInput, StateConflict

SIZE = 50
ENDED = (Job.State.FINISHED, Job.State.STOPPED, Job.State.FAILED)
VIEW = "ops.view_job"
BY_POSITION = Order(columns=("position",), newest_first=False)
EXPORTED = ("position", "target", "seen_state", "seen_group", "outcome", "reason", "result")
EXPORT_HEAD = ("position", "id", "state when frozen", "function", "outcome", "reason", "result")
PACES = {
    "calm": (25, "Gently, a quarter of the time"),
    "usual": (50, "Normally, half of the time"),
    "full": (100, "At full speed, without pauses"),
}
# What a job that an undo or a retry led to is doing by the time its page is shown.
PREPARED = {Job.State.READY: "is ready to review", Job.State.COLLECTING: "is being prepared"}


def detail_context(request: HttpRequest, job: Job, **more: Any) -> dict[str, Any]:
    """What the page of one job shows; of one whose verb is gone, its record alone."""
    operation = find_operation(job.verb)
    successors = list(job.successors.order_by("pk"))
    return {
        "title": f"Job {job.pk}",
        "job": job,
        "operation": operation,
        "label": operation.label if operation else job.verb,
        "made": made_by(job),
        "endings": endings(job) if job.state in ENDED else [],
        "successors": successors,
        "under_way": {one.relation for one in successors if one.state in lifecycle.OPEN},
        "faults": {},
        "alone": leasing.is_waiting(job) and not measurements.has_worker(),
        **(acts_context(request, job, operation) if operation else {}),
        **items_context(request, job),
        **more,
    }


def acts_context(request: HttpRequest, job: Job, operation: Operation) -> dict[str, Any]:
    """What the job's verb would do, and what the person may do to the job."""
    return {
        "may": request.user.has_perm(operation.permission),
        "preview": preview(job) if job.state == Job.State.READY else None,
        "changed": changes_since(job) if job.state == Job.State.STOPPED else [],
        "forms": asked_of(job),
        # What was left out by its parameters can still be taken in.
        "is_narrowed": any(job.parameters_value.get(name) for name in operation.decisive),
        "estimate": estimate(job) if job.state == Job.State.READY else None,
        "rate": rate_form(job),
        "ask_number": job.total > lifecycle.TYPE_ABOVE,
        "max_reason": MAX_REASON,
        "paces": [(name, text, duty == job.duty) for name, (duty, text) in PACES.items()],
    }


def items_context(request: HttpRequest, job: Job) -> dict[str, Any]:
    """One page of the job's items, in the order of the frozen list."""
    data = request.GET.copy()
    cursor = (data.pop("cursor", [""]) or [""])[0]
    asked, faults, found = ItemFilter(data, JobItem.objects.filter(job=job)), {}, Page([], None, None)
    try:
        found = paginate(
            [asked.found],
            lambda items: items,
            order=BY_POSITION,
            size=SIZE,
            cursor=cursor,
            scope=f"{job.pk} {data.urlencode()}",
        )
    except InvalidInput as error:
        faults = error.fields
    return {
        "items": found.rows,
        "next": with_cursor(request, found.next),
        "previous": with_cursor(request, found.previous),
        "outcomes": [(value, label, value in data.getlist("outcome")) for value, label in OUTCOMES],
        "wanted": data.get("id", ""),
        "item_faults": faults,
    }


def with_cursor(request: HttpRequest, cursor: str | None) -> str:
    """The address of a neighbouring page."""
    if cursor is None:
        return ""
    query = request.GET.copy()
    query["cursor"] = cursor
    return f"{request.path}?{query.urlencode()}"


@require_safe
@page(VIEW)
def items_csv(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """All items that match, as CSV, streamed."""
    job = get_object_or_404(Job, pk=pk)
    try:
        found = ItemFilter(request.GET, JobItem.objects.filter(job=job)).found
    except InvalidInput as error:
        raise Http404(str(error)) from None
    parts = export.slices(found.values_list(*EXPORTED, named=True), BY_POSITION)
    return export.download(export.csv_text(EXPORT_HEAD, parts), name=f"job-{pk}-items", kind="csv")


@require_POST
@page(VIEW)
def create(request: HttpRequest) -> HttpResponse:
    """A job over everything that matches the filter in `filter`; refused ones come back as a page."""
    try:
        verb = get_operation(request.POST.get("verb", ""))
    except InvalidInput as error:
        return refused(request, str(error))
    data = QueryDict(request.POST.get("filter", ""))
    return frozen(request, verb, data, everything=request.POST.get("all") == "true")


def frozen(request: HttpRequest, verb: Operation, data: QueryDict, *, everything: bool) -> HttpResponse:
    """To the new job over all that match the filter; it asks for the verb's own permission."""

    def do() -> Done:
        names = verb.form.base_fields.keys() & request.POST
        job = submit.matching(
            verb.name,
            data,
            everything=everything,
            actor=actor_of(request, door="page"),
            parameters={name: request.POST[name] for name in names},
        )
        return Done(job.get_absolute_url())

    try:
        return submitted(request, do)
    except (InvalidInput, EngineMismatch, StateConflict) as error:
        return refused(request, str(error))


@require_POST
@page(VIEW)
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Start a ready job; what is missing is shown at its field."""
    job = get_object_or_404(Job, pk=pk)
    if "preview" in request.POST and find_operation(job.verb):
        return asked_again(request, job, faults={})

    def do() -> Done:
        submit.confirm(
            pk,
            actor=actor_of(request, door="page"),
            reason=request.POST.get("reason", ""),
            typed=request.POST.get("number", ""),
            **settings_of(job, request.POST),
        )
        return Done(job.get_absolute_url())

    try:
        return submitted(request, do)
    except InvalidInput as error:
        if find_operation(job.verb) is None or FIELD in error.fields:
            return refused(request, str(error), back=job.get_absolute_url())
        return asked_again(request, job, faults=error.fields)
    except (EngineMismatch, StateConflict) as error:
        return refused(request, str(error), back=job.get_absolute_url())


def asked_again(request: HttpRequest, job: Job, *, faults: dict[str, str]) -> HttpResponse:
    """The page of a ready job with what was typed, and what it would do with that."""
    forms = asked_of(job, request.POST if "settings" in request.POST else None)
    more: dict[str, Any] = {"faults": faults, "reason": request.POST.get("reason", ""), "forms": forms}
    if job.state == Job.State.READY:
        more["preview"] = preview(job, job.parameters_value | parameters_of(forms))
    context = detail_context(request, job, **more)
    return render(request, "ops/jobs/detail.html", context, status=400 if faults else 200)


def act(deed: Callable[[int, Actor, QueryDict], Job], said: str = "") -> View:
    """A view that does something to a job, shows the job that it leads to, and says what was done."""

    @require_POST
    @page(VIEW)
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        job = get_object_or_404(Job, pk=pk)

        def do() -> Done:
            return Done(deed(pk, actor_of(request, door="page"), request.POST).get_absolute_url())

        try:
            answer = submitted(request, do)
        except SuccessorOpen as found:
            answer = SeeOther(found.successor.get_absolute_url())
        except (InvalidInput, EngineMismatch, StateConflict) as error:
            return refused(request, str(error), back=job.get_absolute_url())
        # Only now it is committed, and collected if it is small.
        led_to = Job.objects.get(pk=answer.url.rpartition("/")[2])
        messages.success(
            request, f"{led_to.name} {said or PREPARED.get(Job.State(led_to.state), 'was created')}."
        )
        return answer

    return view


def paced(pk: int, actor: Actor, data: QueryDict) -> Job:
    """The speed that was chosen, and the rate and the brake that were typed; what wasn't sent stays."""
    values = rate_from(data) if "feed" in data else {}
    if "pace" in data or not values:
        values["duty"] = duty_of(str(data.get("pace", "")))
    return lifecycle.pace(pk, actor=actor, **values)


def duty_of(name: str) -> int:
    """Per cent of the time; InvalidInput if there is no such pace."""
    if name not in PACES:
        raise InvalidInput({"pace": f"Give one of: {', '.join(PACES)}."})
    return PACES[name][0]


stop = act(lambda pk, actor, data: lifecycle.stop(pk, actor=actor), "was stopped")
discard = act(lambda pk, actor, data: drafts.discard(pk, actor=actor), "was discarded")
resume = act(lambda pk, actor, data: submit.resume(pk, actor=actor), "was resumed")
retry = act(lambda pk, actor, data: submit.retry_failed(pk, actor=actor))
undo = act(lambda pk, actor, data: submit.undo(pk, actor=actor))
pace = act(paced, "was given another speed")


def refused(request: HttpRequest, text: str, *, back: str = "") -> HttpResponse:
    """Nothing was done, and why."""
    back = back or reverse("admin:ops_job_changelist")
    context = {"title": "Nothing was changed", "text": text, "back": back}
    return render(request, "ops/refused.html", context, status=409)
