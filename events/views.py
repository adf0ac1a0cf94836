"""One event, and its payload where the page showed only the beginning."""

from django.http import Http404, HttpRequest, HttpResponseBase

from events.models import Event
from ops.access.guards import page
from ops.display.json_tree import response_of
from ops.engine.excerpts import Stored
from ops.engine.ids import spellings

PAYLOADS = "events.view_payload"


@page(PAYLOADS)
def event_payload(request: HttpRequest, pk: str) -> HttpResponseBase:
    """The whole payload."""
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
