"""Django's admin site, named `admin`, under the console's frame."""

from django.contrib import admin
from django.http import HttpRequest

from ops.pages import is_staff


class ConsoleAdminSite(admin.AdminSite):
    """Users, groups and tokens; runs, events and functions have pages of their own."""

    site_title = site_header = "Choreo Console"
    index_title = "Settings"
    site_url = None
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        """Ask what every other page asks."""
        return is_staff(request)
