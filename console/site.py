"""The admin site, named `admin`: it serves every page under the console's frame."""

from collections.abc import Iterator
from functools import wraps
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.text import capfirst

from console.navigation import name_of, visible
from ops.access.guards import is_staff, to_login
from ops.lists.admin import ListAdmin
from ops.operations.views import verbs_for

UNUSED = {"autocomplete", "jsi18n", "view_on_site"}


class ConsoleAdminSite(admin.AdminSite):
    """Lists and rows at the addresses that their admins promise; Django's own pages below /admin/."""

    site_title = site_header = "Choreo Console"
    index_title = "All pages"
    site_url = None
    enable_nav_sidebar = False

    def get_urls(self) -> list[URLResolver | URLPattern]:
        """The pages of our admins, and Django's without those that nothing here leads to."""
        ours = [one for one in self._registry.values() if isinstance(one, ListAdmin)]
        theirs = [url for url in super().get_urls() if getattr(url, "name", "") not in UNUSED]
        return [*(url for one in ours for url in one.get_urls()), path("admin/", include(theirs))]

    def index(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        """Everything that the person may open, and what they may do there."""
        pages = sorted(visible(request.user), key=lambda entry: entry.place)
        listed = {entry.name for entry in pages}
        rows = [(entry.label, entry.address, self.may(request, entry.name)) for entry in pages]
        rows += [row for name, row in self.others(request) if name not in listed]
        context = {**self.each_context(request), "title": self.index_title, "rows": rows}
        return TemplateResponse(request, "admin/index.html", context | (extra_context or {}))

    def app_index(self, request: HttpRequest, app_label: str, extra_context: Any = None) -> TemplateResponse:
        """One index is enough."""
        return self.index(request, extra_context)

    def others(self, request: HttpRequest) -> Iterator[tuple[str, tuple[str, str, str]]]:
        """Lists without a place in the navigation."""
        for one in self._registry.values():
            name = name_of(one)
            if one.has_view_permission(request):
                label = f"{capfirst(one.opts.verbose_name_plural)} of everybody"
                yield name, (label, reverse(name), self.may(request, name))

    def may(self, request: HttpRequest, name: str) -> str:
        """What the person may do on a list besides looking: `see, cancel, replay`."""
        found = {name_of(one): one for one in self._registry.values()}
        if (one := found.get(name)) is None:
            return "see"
        deeds = [deed for deed, may in one.get_model_perms(request).items() if may and deed != "view"]
        verbs = [verb.word.lower() for verb in verbs_for(one.opts.label_lower, request.user)]
        return ", ".join(["see", *deeds, *verbs])

    def has_permission(self, request: HttpRequest) -> bool:
        """Ask what every other page asks."""
        return is_staff(request)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:  # noqa: FBT001, FBT002 - Django's
        """Visitors go to our sign-in, htmx as a whole page."""
        admitted = super().admin_view(view, cacheable)

        @wraps(admitted)
        def guarded(request: HttpRequest, /, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not self.has_permission(request):
                return to_login(request)
            answer: HttpResponseBase = admitted(request, *args, **kwargs)
            return answer

        return guarded

    def each_context(self, request: Any) -> dict[str, Any]:
        """Without what only the index shows: it asks for permissions of every model."""
        apps = SimpleLazyObject(lambda: self.get_app_list(request))
        return {
            "site_title": self.site_title,
            "site_header": self.site_header,
            "site_url": self.site_url,
            "has_permission": True,
            "available_apps": apps,
            "is_popup": False,
            "is_nav_sidebar_enabled": False,
        }
