"""Every address of the API, from the code itself: what a test of all addresses walks."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern

from console.api_urls import urlpatterns


@dataclass(frozen=True)
class Address:
    """One pattern of the API and the view behind it; `about` is what its action declares."""

    route: str
    view: Any
    about: dict[str, Any]
    method: str
    action: str
    permission: str | None

    @property
    def is_verb(self) -> bool:
        """Whether it is a generated action of an operation."""
        return "operation" in self.about

    @property
    def parameters(self) -> set[str]:
        """The query parameters that it knows, besides `format`."""
        view = self.view(**self.about)
        view.action = self.action
        return set(view.known_parameters())

    def filled(self, **ids: Any) -> str:
        """The address of real things: `runs/<str:id>` with `runs=…`."""
        collection = self.route.split("/")[0]
        route = self.route
        for converter, missing in (("str", "none"), ("path", "none"), ("int", "0")):
            route = route.replace(f"<{converter}:id>", str(ids.get(collection, missing)))
        return f"/api/{route}"


def addresses() -> Iterator[Address]:
    """All but the page of the documentation, which is guarded as pages are, and what catches the rest."""
    for route, pattern in patterns(urlpatterns):
        view: Any = getattr(pattern.callback, "cls", None)
        if view is not None:
            actions = getattr(pattern.callback, "actions", {"get": ""})
            for method in sorted(actions.keys() - {"head"}):
                callback: Any = pattern.callback
                yield Address(
                    route, view, callback.initkwargs, method.upper(), actions[method], callback.permission
                )


def patterns(entries: Iterable[Any], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Each pattern with its route below /api."""
    for entry in entries:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield route, entry
        else:
            yield from patterns(entry.url_patterns, route)


def asking(method: str) -> list[Address]:
    """The addresses of a method."""
    return [address for address in addresses() if address.method == method]
