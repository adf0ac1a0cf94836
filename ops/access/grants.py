"""How apps and operations declare permissions: the lowest role with each, and what it allows, in words."""

from typing import NamedTuple


class Grant(NamedTuple):
    """`words` complete “may …”."""

    role: str
    words: str


_registry: dict[str, Grant] = {}


def register(permission: str, grant: Grant) -> None:
    """Declare the permission of an operation; an app's own are in its configuration."""
    _registry[permission] = grant


def registered() -> dict[str, Grant]:
    """The permissions of all operations."""
    return dict(_registry)
