"""The page of all runs and its table, which refreshes itself."""

from collections.abc import Sequence
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect

from ops.doors import verbs_for
from ops.engine.ids import spellings
from ops.htmx import render_part, wants_fragment
from ops.pages import page
from ops.pagination import COUNT_CAP
from ops.trouble import Trouble, trouble_of
from runs.chips import LIST, address, in_words
from runs.filters import YES_NO
from runs.listing import NEW_CAP, RunList
from runs.models import Run
from runs.querysets import function_ids
from runs.states import State

RANGES = ("1h", "6h", "24h", "7d", "30d")
CHOICES = 60
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
        context |= form_context(asked, names=() if "trouble" in context else function_ids())
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
    return {
        "asked": asked,
        "rows": asked.rows,
        "count": asked.count,
        "cap": COUNT_CAP,
        "new": asked.new,
        "new_cap": NEW_CAP,
        "next": asked.with_cursor(asked.page.next),
        "previous": asked.with_cursor(asked.page.previous),
        "top": address(asked.data),
        "previous_text": "Newer" if asked.newest_first else "Older",
        "next_text": "Older" if asked.newest_first else "Newer",
        "other_order": address(asked.data, order="oldest" if asked.newest_first else None),
        "wider": [(text, address(asked.data, created_from=text)) for text in ("7d", "30d")],
        "verbs": verbs_for("runs.run", request.user),
        "empty": empty_words(asked),
        "faults": asked.faults,
    }


def empty_words(asked: RunList) -> dict[str, str]:
    """Why the list is empty, and what to do."""
    if asked.data.get("cursor"):
        return {"title": "Nothing on this page any more", "link": address(asked.data), "word": "First page"}
    if not asked.chips:
        text = "A run appears when an event arrives that a function listens to."
        return {"title": "No runs yet", "text": text}
    values = {chip.name: chip.value for chip in asked.chips}
    plain = values.keys() <= {"state", "created_from"} and values.get("created_from", "last").startswith(
        "last"
    )
    states = " or ".join(asked.data.getlist("state"))
    period = f" in the {values['created_from']}" if "created_from" in values else ""
    title = f"No {states} runs{period}" if plain else "No runs match these filters"
    clear = "clear the filter" if len(values) == 1 else f"clear {len(values)} filters"
    text = f"Widen the range or {clear}." if period else f"{clear.capitalize()} to see all runs."
    return {"title": title, "text": text, "link": LIST, "word": "Clear filters"}


def form_context(asked: RunList, names: Sequence[str]) -> dict[str, Any]:
    """What the head and the filters need besides; `names` are the functions to choose from."""
    data, here = asked.data, address(asked.data)
    given = [name for name in data.getlist("function_id") if name]
    offered = [*given, *(name for name in names if name not in given)][: max(CHOICES, len(given))]
    return {
        "title": "Runs",
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
