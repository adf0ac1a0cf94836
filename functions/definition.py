"""A function's definition, read defensively: any key may be missing, null or of another type.

The keys are those that the engine 0.1.4 stores; what of them it enforces is said at each.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ops.display.formatting import duration_text, number_text
from ops.engine.values import Payload

DEFAULT_ATTEMPTS = 3
KNOWN = frozenset(
    {"id", "name", "triggers", "retries", "timeout_secs", "concurrency", "throttle", "debounce", "priority"}
)


@dataclass(frozen=True)
class Trigger:
    """What starts the function; `kind` as it stands in the definition."""

    kind: str
    name: str = ""
    schedule: str = ""

    @property
    def is_event(self) -> bool:
        """Whether the engine starts the function by it."""
        return self.kind == "event"

    @property
    def text(self) -> str:
        """The event's name or the schedule."""
        return (self.name if self.is_event else self.schedule) or "–"


@dataclass(frozen=True)
class Setting:
    """One line of the settings; `value` is empty where nothing is set."""

    label: str
    value: str
    enforced: bool
    note: str = ""

    @property
    def short(self) -> str:
        """For a line of several settings."""
        return f"{self.label.lower()} {self.value}"


@dataclass(frozen=True)
class Definition:
    """What could be read; `fault` says what could not."""

    name: str = ""
    triggers: tuple[Trigger, ...] = ()
    attempts: int = DEFAULT_ATTEMPTS
    settings: tuple[Setting, ...] = ()
    unknown: tuple[str, ...] = ()
    fault: str = ""
    events: frozenset[str] = field(default=frozenset())

    def listens_to(self, event_name: str) -> bool:
        """Whether the engine makes a run of this function for such an event: exact and case-sensitive."""
        return event_name in self.events

    @property
    def stored(self) -> tuple[Setting, ...]:
        """The settings that differ from the usual and that the engine does not enforce."""
        return tuple(one for one in self.settings if one.value not in {"", "0"} and not one.enforced)


def read_definition(payload: Payload) -> Definition:
    """The definition in the engine's column."""
    try:
        value = payload.value()
    except ValueError as error:
        return Definition(fault=f"The definition is not readable JSON: {str(error).rstrip('.')}.")
    if not isinstance(value, dict):
        return Definition(fault=f"The definition is not an object but {kind_of(value)}.")
    triggers = tuple(trigger_of(item) for item in listed(value.get("triggers")) if isinstance(item, dict))
    return Definition(
        name=text_of(value.get("name")),
        triggers=triggers,
        attempts=attempts_of(value),
        settings=settings_of(value),
        unknown=tuple(sorted(str(key) for key in value.keys() - KNOWN)),
        events=frozenset(trigger.name for trigger in triggers if trigger.is_event and trigger.name),
    )


def trigger_of(item: Mapping[str, Any]) -> Trigger:
    """One entry of the triggers."""
    return Trigger(
        text_of(item.get("type")) or "unknown", text_of(item.get("name")), text_of(item.get("schedule"))
    )


def attempts_of(value: Mapping[str, Any]) -> int:
    """What the engine gives a run as max_attempts."""
    given = number_of(mapped(value.get("retries")).get("max_attempts"))
    return int(given) if given is not None and given >= 1 else DEFAULT_ATTEMPTS


def settings_of(value: Mapping[str, Any]) -> tuple[Setting, ...]:
    """All settings in the order of the pages."""
    return (
        retries(value),
        Setting("Concurrency", concurrency(mapped(value.get("concurrency"))), enforced=False),
        Setting("Throttle", throttle(mapped(value.get("throttle"))), enforced=False),
        Setting("Debounce", period(mapped(value.get("debounce")).get("period_secs")), enforced=False),
        Setting("Priority", plain(value.get("priority")), enforced=False),
        Setting("Timeout", period(value.get("timeout_secs")), enforced=False),
    )


def retries(value: Mapping[str, Any]) -> Setting:
    """Attempts: the one setting that the engine passes on to its runs."""
    attempts = attempts_of(value)
    given = number_of(mapped(value.get("retries")).get("max_attempts"))
    note = "" if given is not None and given >= 1 else "the engine's default"
    return Setting("Attempts", str(attempts), enforced=True, note=note)


def concurrency(value: Mapping[str, Any]) -> str:
    """`5 at once per data.customer_id`."""
    limit, key = number_of(value.get("limit")), text_of(value.get("key"))
    if limit is None:
        return f"per {key}" if key else ""
    return f"{number_text(limit)} at once" + (f" per {key}" if key else "")


def throttle(value: Mapping[str, Any]) -> str:
    """`10 per 1 m`."""
    limit, length, key = (
        number_of(value.get("limit")),
        period(value.get("period_secs")),
        text_of(value.get("key")),
    )
    if limit is None:
        return ""
    return f"{number_text(limit)}" + (f" per {length}" if length else "") + (f", by {key}" if key else "")


def period(value: Any) -> str:
    """Seconds in words."""
    seconds = number_of(value)
    if seconds is None or seconds < 0:
        return plain(value)
    return duration_text(float(seconds)).replace(".0 s", " s").replace(" 00 s", "").replace(" 00 m", "")


def plain(value: Any) -> str:
    """A scalar as it is; what isn't one is named by its type."""
    if value is None:
        return ""
    number = number_of(value)
    if number is not None:
        return number_text(number)
    return text_of(value) or kind_of(value)


def number_of(value: Any) -> float | None:
    """A number that can be shown, else None; true and false are no numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e15:
        return None
    return value


def text_of(value: Any) -> str:
    """A text, else nothing."""
    return value if isinstance(value, str) else ""


def mapped(value: Any) -> Mapping[str, Any]:
    """An object, else an empty one."""
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    """A list, else an empty one."""
    return value if isinstance(value, list) else []


def kind_of(value: Any) -> str:
    """The JSON type in words."""
    if value is None:
        return "null"
    names = {bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list"}
    return names.get(type(value), "an object")
