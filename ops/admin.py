"""Engine models in Django's admin: read-only, and every address leads to the page the product promises.

The one model of our own that is registered is in ops/token_admin.py.
"""

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

import ops.tokens.admin  # noqa: F401 - registers itself


class LeadingAdmin(admin.ModelAdmin[Any]):
    """Shows nothing itself; not even superusers add, change or delete here."""

    address: ClassVar[str]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row; an empty `_to_field` in the address names no field, and Django would look for one."""
        return super().get_object(request, object_id, from_field or None)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def object_address(self, key: str) -> str:
        """Where the row's page is."""
        raise NotImplementedError

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """To the list."""
        return self.lead(request, self.address)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """To the row's page."""
        return self.lead(request, self.object_address(unquote(object_id)))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """The audit log knows what happened to a row; its page shows that."""
        return self.lead(request, self.object_address(unquote(object_id)))

    def lead(self, request: HttpRequest, address: str) -> HttpResponse:
        """Redirect those who may see what is there."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(address)
