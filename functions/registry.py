"""What is registered, kept for some seconds, and who should have run an event."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from functions.models import Function
from functions.querysets import Registered
from ops.platform.caching import kept

SECONDS = 10


@dataclass(frozen=True)
class Registry:
    """All registered functions by id."""

    functions: Mapping[str, Registered]

    @cached_property
    def listeners(self) -> Mapping[str, list[Registered]]:
        """Name of an event → the functions that it starts."""
        found: dict[str, list[Registered]] = {}
        for one in self.functions.values():
            for name in one.definition.events:
                found.setdefault(name, []).append(one)
        return found

    @cached_property
    def heard(self) -> frozenset[str]:
        """The names of the events that some function listens to."""
        return frozenset(self.listeners)


def registry() -> Registry:
    """All of them, a few seconds old at most."""
    return kept("registry", read=lambda: Registry(Function.objects.registered()), seconds=SECONDS)


def without_run(event_name: str, received: datetime, ran: Iterable[str]) -> list[str]:
    """Functions that listen to the event's name, were registered when it came, and have no run of it.

    The engine stores an event and its runs one after the other: what fails in between leaves such a gap.
    """
    had = set(ran)
    listening = registry().listeners.get(event_name, ())
    return [one.id for one in listening if one.created_at <= received and one.id not in had]


def heard_names() -> frozenset[str]:
    """The names of the events that some registered function listens to."""
    return registry().heard
