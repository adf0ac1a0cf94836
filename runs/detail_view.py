"""The page of one run, its quick view, and the big values that its page loads on demand."""

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import render

from ops.addresses import query_at
from ops.engine.ids import spellings
from ops.engine.values import Payload
from ops.htmx import render_part
from ops.json_view import raw, whole
from ops.pages import PermissionMissing, page
from ops.words import short_text
from runs.chips import LIST, in_words, run_chips
from runs.detail import PAYLOADS, RunDetail, values_of
from runs.models import Run, Step

HEAD = 600


@page("runs.view_run")
def run_detail(request: HttpRequest, pk: str) -> HttpResponseBase:
    """The whole page, or what changes while the run is open for htmx."""
    run = found_run(pk, payloads=request.user.has_perm(PAYLOADS))
    if run.pk != pk:
        return HttpResponseRedirect(run.get_absolute_url())
    back = back_of(request)
    context = {
        "detail": RunDetail(run, request.user, request.GET.get("step", "")),
        "run": run,
        "state": run.state,
        "short": short_text(run.pk),
        "back": f"{LIST}?{back}" if back else LIST,
        "back_words": in_words(run_chips(QueryDict(back))),
        "back_query": urlencode({"back": back}) if back else "",
    }
    return render_part(request, page="runs/detail.html", fragment="runs/_detail.html", context=context)


@page("runs.view_run")
def run_quick(request: HttpRequest, pk: str) -> HttpResponse:
    """A look at the run from the list."""
    may = request.user.has_perm(PAYLOADS)
    run = found_run(pk, payloads=may)
    data = run.event.data if may and run.event else None
    context = {
        "detail": RunDetail(run, request.user),
        "run": run,
        "head": data.text[:HEAD] if data else "",
        "cut": data is not None and len(data.text) > HEAD,
    }
    return render(request, "runs/_quick.html", context)


@page("runs.view_run")
def run_value(request: HttpRequest, pk: str, name: str) -> HttpResponse:
    """One value, whole: the error, the event's payload, input, output, or a step's output."""
    if name == "error":
        return HttpResponse(raw(found_run(pk, payloads=False).error or ""))
    if not request.user.has_perm(PAYLOADS):
        raise PermissionMissing(PAYLOADS)
    payload = payload_of(pk, name, request.GET.get("step", ""))
    if payload is None:
        raise Http404("There is no such value.")
    return HttpResponse(whole(payload))


def payload_of(pk: str, name: str, step_id: str) -> Payload | None:
    """The payload of that name."""
    if name in {"step-input", "step-output"}:
        step = Step.objects.filter(run_id__in=spellings(pk), step_id=step_id).first()
        return None if step is None else getattr(step, name.removeprefix("step-"))
    return values_of(found_run(pk, payloads=True)).get(name)


def found_run(pk: str, *, payloads: bool) -> Run:
    """The run with its event; 404 if there is none."""
    rows = Run.objects.select_related("event").filter(pk__in=spellings(pk))
    run = (rows if payloads else rows.defer("input", "output", "event__data")).first()
    if run is None:
        raise Http404("There is no run with this id.")
    return run


def back_of(request: HttpRequest) -> str:
    """The filters of the list that the person came from: carried along, else told by the browser."""
    if "back" in request.GET:
        return QueryDict(request.GET["back"]).urlencode()
    return query_at(LIST, request.headers.get("Referer", ""))
