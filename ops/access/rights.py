"""People, permissions and tokens, kept in each process until any of them changes.

Who is asking, and what they may do, took three or four queries of every request. Triggers give the row of
`RightsVersion` a new random value with every change of a user, role, membership, permission or token, by
whatever program, in the same transaction. A request reads that value, and what was read under another one is
gone. A value never comes back, so what was read in a transaction that was rolled back is never taken for what
holds.
"""

from collections.abc import Callable
from copy import copy
from typing import Any, TypeVar

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.db import connection

from ops.access.models import RightsVersion
from ops.access.rights_triggers import are_installed

Value = TypeVar("Value")
# Beyond so many people and tokens all are read again.
MOST = 10_000
VERSION = f"SELECT value FROM {RightsVersion._meta.db_table}"  # noqa: S608 - our own name


class Rights:
    """What was read under one version; under None nothing is kept."""

    def __init__(self, version: int | None) -> None:
        self.version = version
        self.values: dict[Any, Any] = {}

    def kept(self, kind: str, key: Any, read: Callable[[], Value | None]) -> Value | None:
        """What is kept, else what is read now, shared by all threads; None is never kept."""
        found: Value | None = self.values.get((kind, key))
        if found is None:
            found = read()
            if found is not None and self.version is not None:
                self.values[kind, key] = found
        return found

    def person(self, pk: Any) -> Any:
        """The user with their permissions, shared by all threads; None if there is none."""
        return self.kept("person", str(pk), lambda: read_person(pk))


_current = Rights(None)


def rights() -> Rights:
    """What holds now: asks the database for the version."""
    global _current
    version, found = read_version(), _current
    if version is None or found.version != version or len(found.values) > MOST:
        found = _current = Rights(version)
    return found


def read_version() -> int | None:
    """None when the row isn't there, or nothing would change it."""
    with connection.cursor() as cursor:
        cursor.execute(VERSION)
        row = cursor.fetchone()
    return row[0] if row and are_installed(connection.alias) else None


def read_person(pk: Any) -> Any:
    """The user, with permissions and roles where `has_perm` and `roles_of` look first."""
    user: Any = get_user_model()._default_manager.filter(pk=pk).first()
    if user is not None:
        roles_of(user)
        user.has_perm("")
    return user


def roles_of(user: Any) -> str:
    """The person's groups, joined."""
    if not hasattr(user, "_role_names"):
        user._role_names = ", ".join(sorted(user.groups.values_list("name", flat=True))) or "No role"
    return str(user._role_names)


class RightsBackend(ModelBackend):
    """Django's own, with people who are kept."""

    def get_user(self, user_id: Any) -> Any:
        """The person of a session, a copy of their own for each request, if they may sign in at all."""
        user = copy(rights().person(user_id))
        return user if user is not None and self.user_can_authenticate(user) else None
