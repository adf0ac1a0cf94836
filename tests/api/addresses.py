"""Every address of the API, from the code itself: what a test of all addresses walks."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern

from console.api_urls import urlpatterns
from ops.api.views import ApiView, UnknownAddress


@dataclass(frozen=True)
class Address:
    """One pattern of the API and the view behind it."""

    route: str
    view: type[ApiView]
    permission: str

    @property
    def method(self) -> str:
        """What it is there for."""
        return "POST" if hasattr(self.view, "post") else "GET"

    def filled(self, **ids: Any) -> str:
        """The address of real things: `runs/<str:id>` with `runs=…`."""
        collection = self.route.split("/")[0]
        route = self.route
        for converter, missing in (("str", "none"), ("path", "none"), ("int", "0")):
            route = route.replace(f"<{converter}:id>", str(ids.get(collection, missing)))
        return f"/api/{route}"


def addresses() -> Iterator[Address]:
    """All but the page of the documentation, which is guarded as pages are, and what catches the rest."""
    for pattern in urlpatterns:
        assert isinstance(pattern, URLPattern)
        view = getattr(pattern.callback, "cls", None)
        if view not in {None, UnknownAddress}:
            yield Address(str(pattern.pattern), view, pattern.callback.permission)  # type: ignore[attr-defined]


def asking(method: str) -> list[Address]:
    """The addresses of a method."""
    return [address for address in addresses() if address.method == method]
