"""Events: their list at /events and the page of each."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.urls import path
from django.utils.safestring import SafeString

from events.filters import EventFilter
from events.models import Event
from events.querysets import NEWEST_FIRST, event_names
from events.views import PAYLOADS, event_payload, found_event
from ops.access.roles import roles_with
from ops.admin.engine import EngineAdmin
from ops.display.formatting import short_text
from ops.display.html import ago, dash, short_id
from ops.display.json_tree import IN_PAGE
from ops.engine.excerpts import Stored
from ops.engine.ids import as_hex, spellings
from ops.lists.changelist import KeysetChangeList
from ops.lists.columns import column
from ops.lists.panels import panel


class EventChangeList(KeysetChangeList):
    """Events come at the top, and the rows stand still."""

    element, is_standing = "event-list", True


@admin.register(Event)
class EventAdmin(EngineAdmin):
    """Filtered and paged; the apps above add what became of an event."""

    route, converter, nav = "events", "path", ("bolt", (0, 30))
    filterset_class = EventFilter
    changelist_class = EventChangeList
    order = NEWEST_FIRST
    list_display = ("name_link", "received", "user", "key", "short")
    list_display_links = ("name_link",)
    list_defer = ("data",)
    filter_bar = ("q", "name")
    filter_menus: ClassVar = {"Received": ("received_from", "received_to")}
    filter_hints: ClassVar = {"q": "Id or its beginning, name, key, user", "name": "Event name"}
    none_yet = "An event appears when an application sends one."
    searched = (
        "Searched: ids (whole, their beginning, or as lists shorten them), parts of names, whole idempotency"
        " keys and whole users. Not searched: payloads."
    )
    search_elsewhere = ("admin:runs_run_changelist", "Search runs")
    detail_template, detail_fragment = "events/detail.html", "events/_runs.html"
    panels = ("payload_panel",)

    @column("Name", width="name", place="main", reads=("name",))
    def name_link(self, event: Event) -> str:
        """The row's link."""
        return event.name or "no name"

    @column("Received", width="age", num=True, place="side", reads=("timestamp",))
    def received(self, event: Event) -> SafeString:
        """The engine's time of arrival."""
        return ago(event.timestamp)

    @column("User", width="text", since=760, reads=("user_id",))
    def user(self, event: Event) -> Any:
        """As the sender said."""
        return dash(event.user_id)

    @column("Idempotency key", width="text", since=1160, reads=("idempotency_key",))
    def key(self, event: Event) -> Any:
        """As the sender said."""
        return dash(event.idempotency_key)

    @column("Event", width="id", since=1300, reads=())
    def short(self, event: Event) -> SafeString:
        """The id, shortened."""
        return short_id(event.pk)

    def get_urls(self) -> list[Any]:
        """With the payload that is too big for the page."""
        payload = path(f"{self.route}/<path:pk>/payload", event_payload, name=self.name_of("payload"))
        return [payload, *super().get_urls()]

    def filter_choices(self, name: str) -> list[tuple[str, str]]:
        return [(one, one) for one in event_names()] if name == "name" else []

    def found_at_once(self, changes: KeysetChangeList) -> str:
        search = changes.asked["q"].strip() if changes.is_valid else ""
        if len(as_hex(search) or "") != 32:
            return ""
        found = Event.objects.for_list().filter(pk__in=spellings(search)).first()
        return found.get_absolute_url() if found else ""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Event:
        return found_event(object_id)

    def detail_context(self, request: HttpRequest, row: Event) -> dict[str, Any]:
        return {"event": row, "short": short_text(row.pk)}

    @panel("events/_payload.html", payload="Payload")
    def payload_panel(self, request: HttpRequest, event: Event, page: Any) -> dict[str, Any]:
        """What it brought, for those who may see it."""
        if not request.user.has_perm(PAYLOADS):
            return {"refused": f"Payloads are shown to: {', '.join(roles_with(PAYLOADS))}."}
        return {"payload": Stored(Event, event.pk, "data").excerpt(IN_PAGE)}
