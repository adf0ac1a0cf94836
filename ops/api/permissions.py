"""Who may call: the permission that the viewset or its action names."""

from typing import Any

from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from ops.access.roles import roles_with


class HasPermission(BasePermission):
    """Let in callers with the view's `permission`.

    It writes nothing and raises only DRF's own exceptions: the browsable API asks it for every form it might
    show, as if the form had been posted.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user.is_authenticated:
            raise NotAuthenticated
        if view.permission is None or request.user.has_perm(view.permission):
            return True
        roles = " or ".join(roles_with(view.permission)) or "no role"
        raise PermissionDenied(f"This needs the permission {view.permission} ({roles}).")
