"""Functions in Django's admin: their own pages."""

from typing import ClassVar

from django.contrib import admin

from functions.addresses import LIST, function_url
from functions.models import Function
from ops.admin import LeadingAdmin


@admin.register(Function)
class FunctionAdmin(LeadingAdmin):
    """Leads to /functions."""

    address: ClassVar[str] = LIST

    def object_address(self, key: str) -> str:
        """The function's page."""
        return function_url(key)
