"""The pages of all events and of one."""

from typing import Any

from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect, QueryDict

from events.listing import LIST, EventList
from events.models import Event
from events.querysets import event_names
from ops.access.guards import page
from ops.access.roles import roles_with
from ops.display.formatting import short_text
from ops.display.fragments import render_part, wants_fragment
from ops.display.json_tree import IN_PAGE, response_of
from ops.engine.excerpts import Stored
from ops.engine.ids import as_hex, spellings
from ops.lists.filters import AGO
from ops.lists.pagination import COUNT_CAP
from ops.platform.addresses import query_at
from ops.platform.database_errors import advice

PAYLOADS = "events.view_payload"
RANGES = ("1h", "24h", "7d", "30d")


@page("events.view_event")
def event_list(request: HttpRequest) -> HttpResponseBase:
    """The page, or the table alone for htmx."""
    asked = EventList(request.GET)
    if not wants_fragment(request) and (found := event_of_search(asked)):
        return HttpResponseRedirect(found)
    context: dict[str, Any] = {"title": "Events", "asked": asked, "cap": COUNT_CAP}
    try:
        status = 200 if asked.is_valid else 400
        context |= {"count": asked.count, "rows": asked.page.rows, "names": event_names()}
    except DatabaseError as error:
        if (text := advice(error)) is None:
            raise
        context, status = context | {"trouble": text}, 503
    context["ranges"] = [(range_words(name), asked.address(received_from=name), name) for name in RANGES]
    return render_part(
        request, page="events/list.html", fragment="events/_list.html", context=context, status=status
    )


def range_words(name: str) -> str:
    """`24 h`."""
    age = AGO.fullmatch(name)
    return f"{age[1]} {age[2]}" if age else name


def event_of_search(asked: EventList) -> str:
    """The address of the event whose whole id was searched for, if there is one."""
    if asked.criteria is None or len(as_hex(asked.criteria.search) or "") != 32:
        return ""
    found = Event.objects.for_list().filter(pk__in=spellings(asked.criteria.search)).first()
    return found.get_absolute_url() if found else ""


@page("events.view_event")
def event_detail(request: HttpRequest, pk: str) -> HttpResponseBase:
    """One event, its payload for those who may see it, and its runs."""
    may = request.user.has_perm(PAYLOADS)
    event = found_event(pk)
    if event.pk != pk:
        return HttpResponseRedirect(event.get_absolute_url())
    back = back_of(request)
    context = {
        "event": event,
        "back": f"{LIST}?{back}" if back else LIST,
        "back_words": ", ".join(chip.value for chip in EventList(QueryDict(back)).chips),
        "short": short_text(event.pk),
        "may_see_payload": may,
        "payload": Stored(Event, event.pk, "data").excerpt(IN_PAGE) if may else None,
        "payload_words": f"Payloads are shown to: {', '.join(roles_with(PAYLOADS))}.",
        "more": f"{event.get_absolute_url()}/payload",
    }
    return render_part(request, page="events/detail.html", fragment="events/_runs.html", context=context)


def back_of(request: HttpRequest) -> str:
    """The filters of the list that the person came from, as the browser tells."""
    return query_at(LIST, request.headers.get("Referer", ""))


@page(PAYLOADS)
def event_payload(request: HttpRequest, pk: str) -> HttpResponseBase:
    """The whole payload, for the page that showed its beginning."""
    response = response_of(Stored(Event, found_event(pk).pk, "data"))
    if response is None:
        raise Http404("This event has no payload.")
    return response


def found_event(pk: str) -> Event:
    """The event without its payload; 404 if there is none."""
    event = Event.objects.filter(pk__in=spellings(pk)).defer("data").first()
    if event is None:
        raise Http404("There is no event with this id.")
    return event
