"""The three roles. Each app says in its configuration the lowest role that has each of its permissions."""

from collections.abc import Iterator

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import transaction

from ops.operations import operations

VIEWER, OPERATOR, ADMIN = ROLES = ("Viewer", "Operator", "Admin")


def permission_roles() -> dict[str, str]:
    """Permission → lowest role that has it, from every app and every operation."""
    granted: dict[str, str] = {}
    for config in apps.get_app_configs():
        granted |= getattr(config, "permissions", {})
    return dict(sorted((granted | {verb.permission: verb.role for verb in operations()}).items()))


def roles_with(permission: str) -> list[str]:
    """The roles that have the permission; empty when it belongs to none."""
    lowest = permission_roles().get(permission)
    return list(ROLES[ROLES.index(lowest) :]) if lowest else []


def keep_roles() -> Iterator[str]:
    """Create the three groups and set exactly their permissions; yields a line per role."""
    with transaction.atomic():
        for role in ROLES:
            group, _ = Group.objects.get_or_create(name=role)
            codes = {code for code in permission_roles() if role in roles_with(code)}
            found = permissions_by_code(codes)
            group.permissions.set(found)
            yield f"{role}: {len(found)} permissions"


def permissions_by_code(codes: set[str]) -> list[Permission]:
    """The permission rows of `app.codename` codes."""
    rows = Permission.objects.select_related("content_type")
    found = {f"{row.content_type.app_label}.{row.codename}": row for row in rows}
    return [found[code] for code in sorted(codes)]
