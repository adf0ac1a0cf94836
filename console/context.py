"""What the frame of every page shows: navigation by permission, environment, siblings."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.utils.safestring import SafeString

from ops.access.guards import is_staff
from ops.access.rights import roles_of


@dataclass(frozen=True)
class Entry:
    """One line of the navigation; `permission` is asked of the page itself unless given."""

    label: str
    address: str
    icon: str
    permission: str = ""
    others: tuple[str, ...] = ()  # addresses of its other tabs

    def needs(self) -> str | None:
        """The permission to show this line; LookupError when there is no such page."""
        return self.permission or permission_of(self.address)

    def is_open(self, path: str) -> bool:
        """Whether the path is this page or one below it."""
        return path in self.others or f"{path}/".startswith(f"{self.address.rstrip('/')}/")


GROUPS = (
    (
        Entry("Overview", "/overview", "squares-2x2"),
        Entry("Runs", "/runs", "play"),
        Entry("Events", "/events", "bolt"),
        Entry("Functions", "/functions", "cube"),
    ),
    (
        Entry("Jobs", "/ops/jobs", "queue-list", others=("/ops/cancellations", "/ops/replays")),
        Entry("Audit", "/audit", "shield-check"),
        Entry("Health", "/ops/health", "heart"),
    ),
    (
        Entry("Users", "/admin/auth/user/", "user", "auth.view_user"),
        Entry("Roles", "/admin/auth/group/", "user-group", "auth.view_group"),
        Entry("API", "/api/", "code-bracket"),
        Entry("API tokens", "/tokens", "key"),
    ),
)


@cache
def permission_of(address: str) -> str | None:
    """The permission that the view behind an address asks for."""
    try:
        view = resolve(address).func
    except Resolver404 as error:
        raise LookupError(address) from error
    return getattr(view, "permission", None)


def visible(user: Any, entries: tuple[Entry, ...]) -> Iterator[Entry]:
    """The entries whose page exists and whose permission the person has."""
    for entry in entries:
        try:
            permission = entry.needs()
        except LookupError:
            continue
        if permission is None or user.has_perm(permission):
            yield entry


class Shell:
    """Asked by the base template only: a fragment pays for nothing of it."""

    environment: str = settings.ENVIRONMENT

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @property
    def production(self) -> bool:
        """Whether this environment is drawn differently."""
        return settings.ENVIRONMENT.lower() in {"prod", "production", "live"}

    @property
    def navigation(self) -> list[list[tuple[Entry, bool]]]:
        """Groups of (entry, is it open)."""
        if not is_staff(self.request):
            return []
        groups = [list(visible(self.request.user, group)) for group in GROUPS]
        path = self.request.path
        return [[(entry, entry.is_open(path)) for entry in group] for group in groups if group]

    @cached_property
    def navigation_html(self) -> SafeString:
        """The same, drawn."""
        return drawn(tuple(tuple(group) for group in self.navigation))

    @property
    def siblings(self) -> list[tuple[str, str]]:
        """Name and the address of this same page in each sibling console."""
        path = self.request.get_full_path()
        return [(name, address.rstrip("/") + path) for name, address in settings.SIBLINGS.items()]

    @property
    def can_search(self) -> bool:
        """Whether the search field has somewhere to go."""
        return any(True for _ in visible(self.request.user, GROUPS[0][1:4]))

    @property
    def roles(self) -> str:
        """The person's roles, joined."""
        return roles_of(self.request.user)


@lru_cache(maxsize=256)
def drawn(groups: tuple[tuple[tuple[Entry, bool], ...], ...]) -> SafeString:
    """The navigation, of which there are few: by what people may see, and by the page that is open."""
    return render_to_string("console/_nav.html", {"groups": groups})


def shell(request: HttpRequest) -> dict[str, Shell]:
    """Context processor."""
    return {"shell": Shell(request)}
