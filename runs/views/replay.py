"""The page on which one run is replayed: where to begin, with which input, and what that would change."""

import difflib
import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html

from events.models import Event
from ops.access.actors import actor_of
from ops.access.guards import page
from ops.engine.excerpts import Stored
from ops.engine.values import Payload
from ops.operations.operation import MAX_REASON
from ops.operations.submissions import FIELD, Done, submitted
from ops.platform.errors import EngineMismatch, InvalidInput
from runs.actions.replay import replay
from runs.models import Run
from runs.replays import Mode
from runs.states import Status
from runs.views.detail import found_run
from runs.views.detail_parts import PAYLOADS, RunDetail

# A text area of more than this is no editor.
EDITABLE = 200_000


@page("runs.replay_run")
def replay_page(request: HttpRequest, pk: str) -> HttpResponse:
    """Ask; show the difference; do it once confirmed."""
    may = request.user.has_perm(PAYLOADS)
    run = found_run(pk)
    data = event_data(run) if may else None
    given = {name: request.POST.get(name, "") for name in ("mode", "reason", "input")}
    edited = edited_text(data, given["input"]) if data else ""
    faults: dict[str, str] = {}
    if request.method == "POST" and "confirm" in request.POST:
        try:
            return done(request, run, given, edited)
        except InvalidInput as error:
            faults = error.fields
            faults |= {"page": faults[FIELD]} if FIELD in faults else {}
        except EngineMismatch as error:
            faults = {"page": str(error)}
    plan = plan_of(run)
    mode = given["mode"] or usual_mode(run, plan)
    context = {
        "title": "Replay",
        "run": run,
        "detail": RunDetail(run, request.user),
        "plan": plan,
        "modes": [(one.value, one.label, one.value == mode) for one in Mode],
        "warnings": list(replay.warnings([run.pk])),
        "final": replay.final,
        "may_edit": data is not None,
        "text": given["input"] or pretty(data),
        "difference": difference(data, edited),
        "reason": given["reason"],
        "max_reason": MAX_REASON,
        "faults": faults,
    }
    return render(request, "runs/replay.html", context, status=400 if faults else 200)


def done(request: HttpRequest, run: Run, given: dict[str, str], edited: str) -> HttpResponse:
    """Replay it and go to the new run."""
    actor = actor_of(request, door="page")
    parameters = {"mode": given["mode"], "input": edited}

    def do() -> Done:
        [change] = replay([run.pk], actor=actor, reason=given["reason"], parameters=parameters).changes
        if not change.result:
            return Done(run.get_absolute_url(), f"Nothing was replayed. {change.reason}", messages.WARNING)
        origin = format_html('<a href="{}">{}</a>', run.get_absolute_url(), run.pk)
        return Done(f"/runs/{change.result}", format_html("This is the replay of {}.", origin))

    return submitted(request, do)


def usual_mode(run: Run, plan: dict[str, Any]) -> Mode:
    """Where most people want to begin: a step that has completed is done again only when somebody asks."""
    return Mode.FAILED_STEP if run.status == Status.FAILED and plan["kept"] else Mode.START


def plan_of(run: Run) -> dict[str, Any]:
    """Which steps a replay from the failed step would skip, and which run again."""
    steps = list(run.steps.order_by("started_at", "created_at", "id").values_list("step_id", "status"))
    return {
        "kept": [name for name, status in steps if status == "completed"],
        "again": [name for name, status in steps if status != "completed"],
    }


def pretty(payload: Payload | None) -> str:
    """The payload for an editor; as it is when Python can't hold what it says."""
    if payload is None:
        return ""
    try:
        return json.dumps(payload.value(), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return payload.text


def event_data(run: Run) -> Payload | None:
    """The event's payload; None if there is none or it is too long to be edited."""
    data = Stored(Event, run.event_id, "data").excerpt(EDITABLE)
    return Payload(data.text) if data and data.size <= EDITABLE else None


def edited_text(data: Payload, text: str) -> str:
    """The text if it says something else than the event; empty when it is what the event brought."""
    same = text.replace("\r\n", "\n").strip() == pretty(data).strip()
    return "" if same else text


def difference(data: Payload | None, edited: str) -> list[tuple[str, str]]:
    """The lines of a unified difference, each with what it is: added, removed, kept or head."""
    if not edited:
        return []
    before, after = pretty(data).splitlines(), pretty(Payload(edited)).splitlines()
    kinds = {"+": "added", "-": "removed", "@": "head"}
    lines = list(difflib.unified_diff(before, after, lineterm="", n=3))[2:]
    return [(kinds.get(line[:1], "kept"), line) for line in lines]
