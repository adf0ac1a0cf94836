"""Runs: their list at /runs and the page of each."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.urls import path

from ops.admin.engine import EngineAdmin
from ops.display.formatting import short_text
from ops.engine.ids import spellings
from ops.lists.changelist import KeysetChangeList
from ops.lists.pagination import Order
from ops.lists.panels import panel
from runs.filters import RunFilter, criteria_of
from runs.models import Run
from runs.ordering import run_order
from runs.querysets import function_ids
from runs.states import State, Status, status_of
from runs.views.columns import RunColumns
from runs.views.detail import found_run, run_quick, run_value
from runs.views.detail_parts import RunDetail
from runs.views.listing import RunChangeList
from runs.views.replay import replay_page


@admin.register(Run)
class RunAdmin(RunColumns, EngineAdmin):
    """Filtered, paged, cancelled and replayed; never edited."""

    route, nav = "runs", ("play", (0, 20))
    filterset_class = RunFilter
    changelist_class = RunChangeList
    states = State.values
    list_display = ("state", "function", "created", "headline", "ran", "event_name", "short", "attempts")
    list_display_links = ("function",)
    list_defer = ("input", "output", "error")
    scripts = ("console/js/runs.js",)
    presets: ClassVar = {
        "All": "",
        "Failed 24 h": "?state=failed&created_from=24h",
        "Stuck": "?state=stuck",
        "Queued": "?state=queued",
    }
    filter_menus: ClassVar = {
        "State": ("state",),
        "Function": ("function_id",),
        "Created": ("created_from", "created_to"),
    }
    filter_hints: ClassVar = {"q": "Id or its beginning, function"}
    none_yet = "A run appears when an event arrives that a function listens to."
    searched = (
        "Searched: the ids of runs and of their events (whole, their beginning, or as lists shorten them) and"
        " parts of function ids. Not searched: payloads, errors, names of events."
    )
    search_elsewhere = ("admin:events_event_changelist", "Search events")
    detail_template, detail_fragment = "runs/detail.html", "runs/_detail.html"
    panels = ("payloads_panel", "related_panel", "audit_panel", "raw_panel")

    def get_urls(self) -> list[Any]:
        """With the quick view, the values that are too big for the page, and the page of a replay."""
        row = f"{self.route}/<str:pk>"
        return [
            path(f"{row}/replay", replay_page, name=self.name_of("replay")),
            path(f"{row}/quick", run_quick, name=self.name_of("quick")),
            path(f"{row}/values/<slug:name>", run_value, name=self.name_of("value")),
            *super().get_urls(),
        ]

    def get_order(self, *, newest_first: bool) -> Order:
        return run_order(newest_first=newest_first)

    def filter_choices(self, name: str) -> Iterable[tuple[str, str]]:
        return [(one, one) for one in function_ids()] if name == "function_id" else ()

    def states_shown(self, changes: KeysetChangeList) -> set[str]:
        asked = changes.asked if changes.is_valid else {"state": (), "status": ()}
        statuses = asked["status"] or Status.values
        return {state for state in asked["state"] or State.values if status_of(state) in statuses}

    def found_at_once(self, changes: KeysetChangeList) -> str:
        criteria = criteria_of(changes.asked) if changes.is_valid else None
        if criteria is None or not criteria.is_one_id:
            return ""
        found = Run.objects.filter(pk__in=spellings(criteria.search)).only("pk").first()
        return found.get_absolute_url() if found else ""

    def empty_words(self, changes: KeysetChangeList) -> dict[str, str]:
        """With the states and the range that were asked for, where they are all that was."""
        words = super().empty_words(changes)
        values = {one.name: one.value for one in changes.active_filters}
        if not values or "q" in values:
            return words
        period = f" in the {values['created_from']}" if "created_from" in values else ""
        clear = "clear the filter" if len(values) == 1 else f"clear {len(values)} filters"
        if values.keys() <= {"state", "created_from"} and values.get("created_from", "last").startswith(
            "last"
        ):
            words["title"] = f"No {' or '.join(changes.data.getlist('state'))} runs{period}"
        words["text"] = f"Widen the range or {clear}." if period else f"{clear.capitalize()} to see all runs."
        return words

    # -- one run ------------------------------------------------------------------------------------------

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Run:
        return found_run(object_id)

    def detail_context(self, request: HttpRequest, row: Run) -> dict[str, Any]:
        return {
            "detail": RunDetail(row, request.user, request.GET.get("step", "")),
            "run": row,
            "state": row.state,
            "short": short_text(row.pk),
        }

    @panel("runs/_payloads.html", event="Event", input="Input", output="Output")
    def payloads_panel(self, request: HttpRequest, run: Run, page: Mapping[str, Any]) -> dict[str, Any]:
        """Event, input and output, for those who may see them."""
        return {}

    @panel("runs/_related.html", related="Other runs of the event")
    def related_panel(self, request: HttpRequest, run: Run, page: Mapping[str, Any]) -> dict[str, Any]:
        """The other runs of the event."""
        return {"related_count": len(page["detail"].related)}

    @panel("runs/_raw.html", raw="Raw")
    def raw_panel(self, request: HttpRequest, run: Run, page: Mapping[str, Any]) -> dict[str, Any]:
        """The engine's row without its payloads."""
        return {}
