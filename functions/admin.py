"""Functions: their list at /functions and the page of each; and what functions became of an event."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from events.admin import EventAdmin
from functions.filters import FunctionFilter
from functions.listing import FunctionChangeList
from functions.models import Function
from functions.registry import heard_names
from functions.views import detail_of, found_function
from ops.admin.engine import EngineAdmin
from ops.display.badges import badge_html
from ops.display.formatting import number_text
from ops.display.html import DASH, ago, percent
from ops.display.json_tree import whole
from ops.lists.columns import Toned, column
from ops.lists.panels import panel
from ops.platform.database_errors import advice
from runs.of_events import states_by_event

LONGEST = 60
STORED = format_html('Stored, <span class="tag">{}</span>', "not enforced")


@admin.register(Function)
class FunctionAdmin(EngineAdmin):
    """Registered ones, and those that only occur in runs."""

    route, converter, nav = "functions", "function", ("cube", (0, 40))
    filterset_class = FunctionFilter
    changelist_class = FunctionChangeList
    list_per_page = 30
    list_display = ("name", "triggers", "attempts", "stored", "runs", "failed", "rate", "trend", "last_run")
    list_display_links = ("name",)
    filter_bar = ("q", "event", "registered")
    filter_hints: ClassVar = {
        "q": "Part of an id, a name, an event or a schedule",
        "event": "Triggering event",
    }
    none_yet = "A worker registers its functions with the engine when it starts."
    searched = (
        "Searched: parts of ids and names, of the events that start a function and of its schedules."
        " Not searched: its other settings."
    )
    search_elsewhere = ("admin:runs_run_changelist", "Search runs")
    detail_template, detail_fragment = "functions/detail.html", "functions/_figures.html"
    panels = ("settings_panel",)

    @column("Function", place="main", reads=())
    def name(self, function: Any) -> str:
        """The row's link."""
        return function.pk or "no name"

    @column("Triggers", since=760, reads=())
    def triggers(self, function: Any) -> Any:
        """What starts it."""
        registered = function.listed.registered
        if registered is None:
            return format_html('<span class="tag">{}</span>', "not registered")
        if registered.definition.fault:
            return format_html('<span class="warn">{}</span>', "definition unreadable")
        found = registered.definition.triggers
        parts = format_html_join(", ", "{}{}", ((trigger_text(one), "") for one in found[:2]))
        more = f" and {len(found) - 2} more" if len(found) > 2 else ""
        return format_html("{}{}", parts, more) if found else DASH

    @column("Attempts", width="short", num=True, since=1300, reads=())
    def attempts(self, function: Any) -> Any:
        """How often the engine lets it try."""
        registered = function.listed.registered
        return str(registered.definition.attempts) if registered else DASH

    @column(
        format_html('Stored, <span class="tag">{}</span>', "not enforced"), width="text", since=1460, reads=()
    )
    def stored(self, function: Any) -> Any:
        """Settings on which this engine doesn't act."""
        registered = function.listed.registered
        settings = registered.definition.stored if registered else ()
        shown = ((one.label, one.short) for one in settings)
        return format_html_join(" · ", '<span title="{}">{}</span>', shown) or DASH

    @column("Runs", width="short", num=True, classes="wide-only", reads=())
    def runs(self, function: Any) -> Any:
        """Created in the last day."""
        figures = function.listed.figures
        return counted(figures.runs if figures else 0, function.listed.runs_link)

    @column("Failed", width="short", num=True, classes="wide-only", reads=())
    def failed(self, function: Any) -> Any:
        """Of these."""
        figures = function.listed.figures
        return counted(figures.failed if figures else 0, function.listed.failed_link)

    @column(
        "Rate",
        width="short",
        num=True,
        place="side",
        phone="failed",
        hint="Failed of what finished: amber from 5 %, red from 20 %",
        reads=(),
    )
    def rate(self, function: Any) -> Any:
        """Failed of what finished."""
        figures = function.listed.figures
        if figures is None or figures.rate is None:
            return DASH
        return Toned(percent(figures.rate), figures.look)

    @column("Trend", width="id", since=1300, reads=())
    def trend(self, function: Any) -> Any:
        """Failures over the day."""
        trend = function.listed.trend
        return render_to_string("console/_spark.html", {"chart": trend}) if trend else ""

    @column("Last run", width="age", num=True, place="second", phone="last run", reads=())
    def last_run(self, function: Any) -> Any:
        """When its newest run was created."""
        return ago(function.listed.last_run)

    def filter_choices(self, name: str) -> Sequence[tuple[str, str]]:
        return [(one, one) for one in sorted(heard_names())] if name == "event" else ()

    # -- one function -------------------------------------------------------------------------------------

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Function:
        return found_function(object_id)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The page; or its definition as a whole, where the page showed the beginning."""
        if request.GET.get("part") == "definition":
            return HttpResponse(whole(self.get_object(request, object_id).definition))
        return super().change_view(request, object_id, form_url, extra_context)

    def detail_context(self, request: HttpRequest, row: Function) -> dict[str, Any]:
        return detail_of(request, row)

    @panel("functions/_settings.html")
    def settings_panel(self, request: HttpRequest, row: Function, page: Any) -> dict[str, Any] | None:
        """Its settings and its definition, if it is registered."""
        return {} if page["registered"] else None


def trigger_text(trigger: Any) -> SafeString | str:
    """An event's name; of a schedule also that this engine doesn't follow it."""
    text = trigger.text if len(trigger.text) <= LONGEST else f"{trigger.text[: LONGEST - 1]}…"
    if trigger.is_event:
        return text
    return format_html('{} {} <span class="tag">not enforced</span>', trigger.kind[:20], text)


def counted(number: int, link: str) -> SafeString | str:
    """A number, and the way to the runs behind it."""
    return (
        format_html('<a href="{}">{}</a>', link, number_text(number))
        if number and link
        else number_text(number)
    )


# -- on the list of events ----------------------------------------------------------------------------------


def with_runs(events: Sequence[Any]) -> None:
    """Give each event its runs by state, and whether a function listens; for all of them in one query."""
    try:
        found = states_by_event(event.pk for event in events)
        heard = heard_names()
    except DatabaseError as error:
        if advice(error) is None:
            raise
        found, heard = None, frozenset()
    for event in events:
        event.run_states = None if found is None else found.get(event.pk, [])
        event.is_heard = event.name in heard


@column("Runs", place="second", classes="wrap-cell", reads=("name",), prepare=with_runs)
def runs(self: EventAdmin, event: Any) -> SafeString:
    """What became of it."""
    if event.run_states is None:
        return format_html('<span class="warn">{}</span>', "could not be read")
    if event.run_states:
        counts = ((badge_html(state), number_html(count)) for state, count in event.run_states)
        return format_html_join("", "{}{} ", counts)
    if event.is_heard:
        return format_html('<span class="warn">{}</span>', "no run, though a function listens")
    return format_html('<span class="dim">{}</span>', "no function listens")


def number_html(count: int) -> SafeString | str:
    """How many, if more than one."""
    return format_html(' <span class="count-of">{}</span>', number_text(count)) if count > 1 else ""


EventAdmin.extend(runs, after="received")
