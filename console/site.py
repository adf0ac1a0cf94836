"""Django's admin site, named `admin`, behind the console's own sign-in."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from ops.pages import login_address


class ConsoleAdminSite(admin.AdminSite):
    """Users, groups and tokens; runs, events and functions have pages of their own."""

    site_title = site_header = "Choreo Console"
    index_title = "Settings"
    site_url = None
    enable_nav_sidebar = False

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """There is one sign-in page."""
        return HttpResponseRedirect(login_address(request.GET.get("next", "/overview")))

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Signing out is a POST to /logout."""
        return HttpResponseRedirect("/overview")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """There is one page for the own password."""
        return HttpResponseRedirect("/password")
