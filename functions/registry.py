"""What is registered, kept for some seconds, and who should have run an event."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from functions.models import Function
from functions.querysets import Registered
from ops.kept import kept

SECONDS = 10


def registry() -> Mapping[str, Registered]:
    """Id → registered function, a few seconds old at most."""
    return kept("registry", read=Function.objects.registered, seconds=SECONDS)


def without_run(event_name: str, received: datetime, ran: Iterable[str]) -> list[str]:
    """Functions that listen to the event's name, were registered when it came, and have no run of it.

    The engine stores an event and its runs one after the other: what fails in between leaves such a gap.
    """
    had = set(ran)
    return [
        one.id
        for one in registry().values()
        if one.definition.listens_to(event_name) and one.created_at <= received and one.id not in had
    ]


def heard_names() -> frozenset[str]:
    """The names of the events that some registered function listens to."""
    return frozenset().union(*(one.definition.events for one in registry().values()))
