"""Configuration of the app `console` and of Django's admin under its shell."""

from importlib import import_module
from typing import ClassVar

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps

from ops.access.grants import Grant


class ConsoleConfig(AppConfig):
    """See the package's docstring."""

    name = "console"
    permissions: ClassVar = {
        "auth.view_group": Grant("Admin", "see roles"),
        "auth.add_group": Grant("Admin", "add roles"),
        "auth.change_group": Grant("Admin", "change roles"),
        "auth.delete_group": Grant("Admin", "delete roles"),
    }

    def ready(self) -> None:
        """Connect sign-ins with the audit log, requests with the log, settings with Django's checks."""
        import_module("console.checks")
        import_module("console.sign_ins")
        import_module("console.request_log")


class ConsoleAdminConfig(admin_apps.AdminConfig):
    """Django's admin with our site as `admin.site`."""

    default = False
    default_site = "console.site.ConsoleAdminSite"
