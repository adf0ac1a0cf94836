"""A function's definition as the server stores and reads it."""

from collections.abc import Mapping
from typing import Any

KEYS = (
    "id",
    "name",
    "triggers",
    "retries",
    "timeout_secs",
    "concurrency",
    "throttle",
    "debounce",
    "priority",
)
DEFAULT_MAX_ATTEMPTS = 3
LARGEST = 2**31 - 1


def in_the_servers_form(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Every known key, null where nothing is said; unknown keys are dropped."""
    triggers = [
        {"type": one["type"], "name": one.get("name"), "schedule": one.get("schedule")}
        for one in definition["triggers"]
    ]
    return {key: definition.get(key) for key in KEYS} | {"triggers": triggers}


def wants(definition: Any, name: str) -> bool:
    """Whether an event of exactly this name starts the function."""
    triggers = definition.get("triggers") if isinstance(definition, dict) else None
    if not isinstance(triggers, list):
        return False
    found = [one for one in triggers if isinstance(one, dict)]
    return any(one.get("type") == "event" and one.get("name") == name for one in found)


def max_attempts(definition: Mapping[str, Any]) -> int:
    """`retries.max_attempts` if it is a positive number, else 3."""
    retries = definition.get("retries")
    value = retries.get("max_attempts") if isinstance(retries, dict) else None
    usable = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST
    return value if usable and isinstance(value, int) else DEFAULT_MAX_ATTEMPTS
