"""Django's admin site, named `admin`, under the console's frame."""

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver

from ops.access.guards import is_staff

UNUSED = {"autocomplete", "jsi18n", "view_on_site"}


class ConsoleAdminSite(admin.AdminSite):
    """Users, groups and tokens; runs, events and functions have pages of their own."""

    site_title = site_header = "Choreo Console"
    index_title = "Settings"
    site_url = None
    enable_nav_sidebar = False

    def get_urls(self) -> list[URLResolver | URLPattern]:
        """Without the pages of Django's admin that nothing here leads to."""
        return [url for url in super().get_urls() if getattr(url, "name", "") not in UNUSED]

    def has_permission(self, request: HttpRequest) -> bool:
        """Ask what every other page asks."""
        return is_staff(request)
