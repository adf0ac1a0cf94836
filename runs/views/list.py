"""The page of all runs and its table, which refreshes itself."""

from collections.abc import Sequence
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect

from ops.access.guards import page
from ops.display.fragments import render_part, wants_fragment
from ops.engine.ids import spellings
from ops.lists.pagination import COUNT_CAP
from ops.operations.operation import Operation
from ops.operations.views import verbs_for
from ops.platform.caching import kept
from ops.platform.database_errors import Trouble, trouble_of
from runs.criteria import RunCriteria
from runs.filters import YES_NO
from runs.models import Run
from runs.querysets import function_ids
from runs.states import State, Status, status_of
from runs.views.active_filters import LIST, address, in_words
from runs.views.empty import empty_words
from runs.views.listing import NEW_CAP, RunList

RANGES = ("1h", "6h", "24h", "7d", "30d")
CHOICES = 60
# A rule changes with the version of the console alone.
ACTS_ON_SECONDS = 3_600
PRESETS = {
    "All": "",
    "Failed 24 h": "?state=failed&created_from=24h",
    "Stuck": "?state=stuck",
    "Queued": "?state=queued",
}
TROUBLE = {
    Trouble.TIMEOUT: "This took too long. Narrow the time range, or filter by state or function.",
    Trouble.BUSY: "The database is busy. Nothing is lost; try again.",
}


@page("runs.view_run")
def run_list(request: HttpRequest) -> HttpResponseBase:
    """The page, or the table alone for htmx."""
    asked = RunList(request.GET)
    if not wants_fragment(request) and (found := run_of_search(asked)):
        return HttpResponseRedirect(found)
    try:
        context, status = table_context(request, asked), 200 if asked.is_valid else 400
    except DatabaseError as error:
        if (text := TROUBLE.get(trouble_of(error) or Trouble.MISMATCH)) is None:
            raise
        context, status = {"asked": asked, "trouble": text}, 503
    if not wants_fragment(request):
        context |= form_context(
            asked, names=() if "trouble" in context else function_ids(), verbs=context.get("verbs", ())
        )
    return render_part(
        request, page="runs/list.html", fragment="runs/_list.html", context=context, status=status
    )


def run_of_search(asked: RunList) -> str:
    """The address of the run whose whole id was searched for, if there is one."""
    if asked.criteria is None or not asked.criteria.is_one_id:
        return ""
    found = Run.objects.filter(pk__in=spellings(asked.criteria.search)).only("pk").first()
    return found.get_absolute_url() if found else ""


def table_context(request: HttpRequest, asked: RunList) -> dict[str, Any]:
    """What the table needs."""
    verbs = verbs_for("runs.run", request.user)
    return {
        "asked": asked,
        "rows": asked.rows,
        "count": asked.count,
        "cap": COUNT_CAP,
        "new": asked.new,
        "new_cap": NEW_CAP,
        "next": asked.next,
        "previous": asked.previous,
        "top": address(asked.data),
        "previous_text": "Newer" if asked.newest_first else "Older",
        "next_text": "Older" if asked.newest_first else "Newer",
        "other_order": address(asked.data, order="oldest" if asked.newest_first else None),
        "wider": [(text, address(asked.data, created_from=text)) for text in ("7d", "30d")],
        "verbs": verbs,
        "matching_verbs": [verb for verb in verbs if set(acts_on(verb)) & states_shown(asked.criteria)],
        "empty": empty_words(asked),
        "faults": asked.faults,
    }


def acts_on(verb: Operation) -> list[str]:
    """The states in which a run is not skipped by the verb, by the rule that the verb itself follows."""

    def read() -> list[str]:
        foretold = verb.forecast(frozenset(State.values))
        return [state for state in State.values if foretold[state][0] == "done"]

    return kept("acts on", verb.name, read=read, seconds=ACTS_ON_SECONDS)


def states_shown(criteria: RunCriteria | None) -> set[str]:
    """The states that runs in the list can have."""
    if criteria is None:
        return set()
    statuses = criteria.statuses or Status.values
    return {state for state in criteria.states or State.values if status_of(state) in statuses}


def form_context(asked: RunList, names: Sequence[str], verbs: Sequence[Operation]) -> dict[str, Any]:
    """What the head and the filters need besides; `names` are the functions to choose from."""
    data, here = asked.data, address(asked.data)
    given = [name for name in data.getlist("function_id") if name]
    offered = [*given, *(name for name in names if name not in given)][: max(CHOICES, len(given))]
    return {
        "title": "Runs",
        "acts_on": [(verb, " ".join(acts_on(verb))) for verb in verbs],
        "words": in_words(asked.chips),
        "form": asked.filter.form,
        "presets": [(label, LIST + query, here == LIST + query) for label, query in PRESETS.items()],
        "ranges": [
            (text, address(data, created_from=text, created_to=None), data.get("created_from") == text)
            for text in RANGES
        ],
        "states": [(state.value, state.label, state.value in data.getlist("state")) for state in State],
        "functions": [(name, name in given) for name in offered],
        "hidden_functions": max(0, len(names) - len(offered)),
        "status": data.getlist("status"),
        "yes_no": YES_NO,
    }
