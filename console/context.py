"""What the frame of every page shows: navigation by permission, environment, siblings."""

from functools import cached_property, lru_cache
from itertools import groupby

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from console.navigation import Entry, visible
from ops.access.guards import is_staff
from ops.access.rights import roles_of


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
        found = sorted(visible(self.request.user), key=lambda entry: entry.place)
        groups = groupby(found, key=lambda entry: entry.place[0])
        return [[(entry, entry.is_open(self.request.path)) for entry in group] for _, group in groups]

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
        asked = ("runs.view_run", "events.view_event", "functions.view_function")
        return any(self.request.user.has_perm(permission) for permission in asked)

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
