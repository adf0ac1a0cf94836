"""The page of one run, its quick view, and the big values that its page loads on demand."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from events.models import Event
from ops.access.guards import PermissionMissing, page
from ops.display.json_tree import response_of
from ops.engine.excerpts import Stored
from ops.engine.ids import spellings
from runs.models import Run, Step
from runs.views.detail_parts import PAYLOADS, RunDetail, stored_values

HEAD = 600


@page("runs.view_run")
def run_quick(request: HttpRequest, pk: str) -> HttpResponse:
    """A look at the run from the list."""
    run = found_run(pk)
    detail = RunDetail(run, request.user)
    event = Stored(Event, run.event_id, "data")
    data = event.excerpt(HEAD) if detail.may_see_payloads else None
    context = {
        "detail": detail,
        "run": run,
        "head": data.text[:HEAD] if data else "",
        "cut": data is not None and not (data.is_whole and len(data.text) <= HEAD),
    }
    return render(request, "runs/_quick.html", context)


@page("runs.view_run")
def run_value(request: HttpRequest, pk: str, name: str) -> HttpResponseBase:
    """One value, whole: the error, the event's payload, input, output, or a step's input or output."""
    if name != "error" and not request.user.has_perm(PAYLOADS):
        raise PermissionMissing(PAYLOADS)
    value = stored_value(pk, name, request.GET.get("step", ""))
    response = response_of(value, as_tree=name != "error") if value else None
    if response is None:
        raise Http404("There is no such value.")
    return response


def stored_value(pk: str, name: str, step_id: str) -> Stored | None:
    """Where the value of that name lies."""
    if name not in {"step-input", "step-output"}:
        return stored_values(found_run(pk)).get(name)
    steps = Step.objects.filter(run_id__in=spellings(pk), step_id=step_id)
    key = steps.values_list("pk", flat=True).first()
    return None if key is None else Stored(Step, key, name.removeprefix("step-"))


def found_run(pk: str) -> Run:
    """The run with its event, without their payloads; 404 if there is none."""
    rows = Run.objects.select_related("event").filter(pk__in=spellings(pk))
    run = rows.defer("input", "output", "event__data").first()
    if run is None:
        raise Http404("There is no run with this id.")
    return run
