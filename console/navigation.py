"""The navigation: what each admin says of its place in it, and the pages that belong to no model."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib import admin
from django.urls import get_script_prefix, resolve
from django.utils.text import capfirst

from ops.platform.addresses import start_of

Place = tuple[int, int]


@dataclass(frozen=True)
class Entry:
    """One line: a page by the name of its address; `place` is its group and its rank there."""

    label: str
    name: str
    icon: str
    place: Place
    permission: str | None
    others: tuple[str, ...] = ()  # names of its other tabs

    @property
    def address(self) -> str:
        """Where it leads."""
        return start_of(self.name, get_script_prefix())

    def is_open(self, path: str) -> bool:
        """Whether the path is this page or one below it."""
        others = {start_of(name, get_script_prefix()) for name in self.others}
        return path in others or f"{path}/".startswith(f"{self.address.rstrip('/')}/")


@cache
def permission_of(name: str) -> str | None:
    """What the page behind a name asks for."""
    return getattr(resolve(start_of(name, "/")).func, "permission", None)


# Pages without a model: label, name, icon, place.
PAGES = (
    ("Overview", "overview", "squares-2x2", (0, 10)),
    ("Health", "health", "heart", (1, 30)),
    ("API", "api-root", "code-bracket", (2, 30)),
    ("API tokens", "tokens", "key", (2, 40)),
)


def entries() -> Iterator[Entry]:
    """Every page that has a place, as its admin declares it (`nav`)."""
    for label, name, icon, place in PAGES:
        yield Entry(label, name, icon, place, permission_of(name))
    for model_admin in admin.site._registry.values():
        if nav := getattr(model_admin, "nav", None):
            yield entry_of(model_admin, *nav)


def entry_of(model_admin: Any, icon: str, place: Place) -> Entry:
    """The list of an admin."""
    opts = model_admin.opts
    label = getattr(model_admin, "title", "") or capfirst(opts.verbose_name_plural)
    permission = f"{opts.app_label}.view_{opts.model_name}"
    return Entry(label, name_of(model_admin), icon, place, permission, getattr(model_admin, "tabs", ()))


def name_of(model_admin: Any) -> str:
    """The name of the address of an admin's list."""
    return f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}_changelist"


def visible(user: Any) -> Iterator[Entry]:
    """The pages that the person may open."""
    for entry in entries():
        if entry.permission is None or user.has_perm(entry.permission):
            yield entry
