"""The three roles. Each app says in its configuration the lowest role that has each of its permissions."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q, QuerySet

from ops.access.grants import Grant, registered

VIEWER, OPERATOR, ADMIN = ROLES = ("Viewer", "Operator", "Admin")


def grants() -> dict[str, Grant]:
    """Every permission with its grant, from every app and every operation."""
    granted: dict[str, Grant] = {}
    for config in apps.get_app_configs():
        granted |= getattr(config, "permissions", {})
    return dict(sorted((granted | registered()).items()))


def permission_roles() -> dict[str, str]:
    """Permission → lowest role that has it."""
    return {permission: grant.role for permission, grant in grants().items()}


def words_of_role(group: Group) -> list[str]:
    """What members of the role may do, a phrase each; that of a lower role in one."""
    known, codes = grants(), codes_of(group)
    lower = next((role for role in reversed(lower_roles(group.name)) if codes >= codes_with(role)), "")
    below = codes_with(lower) if lower else set()
    words = [
        known[code].words if code in known else code for code in sorted(codes - below, key=looking_first)
    ]
    return [f"all that {lower} may", *words] if lower else words


def looking_first(code: str) -> tuple[bool, str]:
    """The order in which permissions are told."""
    return ".view_" not in code, code


def codes_of(group: Group) -> set[str]:
    """`app.codename` of each permission of the group."""
    return {code_of(one) for one in group.permissions.all()}


def code_of(permission: Permission) -> str:
    """`runs.cancel_run`."""
    return f"{permission.content_type.app_label}.{permission.codename}"


def codes_with(role: str) -> set[str]:
    """The permissions of one of the three roles."""
    return {code for code in permission_roles() if role in roles_with(code)}


def lower_roles(name: str) -> Sequence[str]:
    """The roles below one of the three; for any other group all three."""
    return ROLES[: ROLES.index(name)] if name in ROLES else ROLES


def permissions_of(user: Any) -> QuerySet[Permission]:
    """What the person has by groups or directly, also while inactive; a superuser everything."""
    if user.is_superuser:
        return Permission.objects.all()
    return Permission.objects.filter(Q(group__user=user) | Q(user=user)).distinct()


def exceeds(granted: QuerySet[Permission], actor: Any) -> bool:
    """Whether there is a permission among them that the actor lacks."""
    return not actor.is_superuser and granted.exclude(pk__in=permissions_of(actor)).exists()


def roles_with(permission: str) -> list[str]:
    """The roles that have the permission; empty when it belongs to none."""
    lowest = permission_roles().get(permission)
    return list(ROLES[ROLES.index(lowest) :]) if lowest else []


def keep_roles() -> Iterator[str]:
    """Create the three groups and set exactly their permissions; yields a line per role."""
    with transaction.atomic():
        for role in ROLES:
            group, _ = Group.objects.get_or_create(name=role)
            found = permissions_by_code(codes_with(role))
            group.permissions.set(found)
            yield f"{role}: {len(found)} permissions"


def permissions_by_code(codes: set[str]) -> list[Permission]:
    """The permission rows of `app.codename` codes."""
    rows = Permission.objects.select_related("content_type")
    found = {f"{row.content_type.app_label}.{row.codename}": row for row in rows}
    return [found[code] for code in sorted(codes)]


def who_may(permission: str) -> str:
    """`The roles Operator and Admin may see this.`"""
    roles = roles_with(permission)
    return f"The role{'s' if len(roles) > 1 else ''} {' and '.join(roles)} may see this ({permission})."
