"""The panels of a row's page: methods of its admin, each with the template that draws it.

    @panel("runs/_owner.html", owner="Owner")
    def owner_panel(self, request, row, page):
        return {"owner": owner_of(row)}

The words are the tabs that lead to the elements of these ids. The method is given the page's context and
returns what the template needs besides (`told`), or None where there is nothing to show; `owner_count` is
shown in the tab.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

Told = Mapping[str, Any] | None


@dataclass(frozen=True)
class Panel:
    """One panel of one page; `tabs` are anchor, label, count."""

    template: str
    tabs: list[tuple[str, str, Any]]
    told: Mapping[str, Any]


def panel(template: str, **tabs: str) -> Callable[[Callable[..., Told]], Callable[..., Told]]:
    """Mark a method of an admin as a panel."""

    def mark(method: Callable[..., Told]) -> Callable[..., Told]:
        method.template, method.tabs = template, tabs  # type: ignore[attr-defined]
        return method

    return mark


def panels_of(admin: Any, request: HttpRequest, row: Any, page: Mapping[str, Any]) -> Iterator[Panel]:
    """The panels that an admin declares, for one row and one person."""
    for name in admin.panels:
        method = getattr(admin, name)
        told = method(request, row, page)
        if told is not None:
            tabs = [(anchor, label, told.get(f"{anchor}_count")) for anchor, label in method.tabs.items()]
            yield Panel(method.template, tabs, told)
