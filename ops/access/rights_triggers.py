"""Database triggers that give the rights a new version with every change of what they are made of."""

from collections.abc import Iterator
from functools import cache
from secrets import randbits
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from ops.access.models import RightsVersion

VERSION = RightsVersion._meta.db_table
# Written with every sign-in and with every use of a token: they say nothing about rights.
UNRELATED = {"last_login", "last_used_at"}
VERBS = ("insert", "update", "delete")

# As its owner and with a path of its own, so that a change by another role counts too.
POSTGRESQL_FUNCTION = f"""
CREATE OR REPLACE FUNCTION console.rights_changed() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE console.{VERSION} SET value = (random() * 9e15)::bigint;
    RETURN NULL;
END $$
"""  # noqa: S608 - our own names
POSTGRESQL_TRIGGER = """
CREATE OR REPLACE TRIGGER console_rights AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE OF {columns}
    ON console.{table} FOR EACH STATEMENT EXECUTE FUNCTION console.rights_changed()
"""
POSTGRESQL_FOUND = """
SELECT c.relname, string_agg(a.attname, ', ' ORDER BY a.attname) FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid AND c.oid = to_regclass(quote_ident(c.relname))
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(t.tgattr)
WHERE t.tgname = 'console_rights' AND t.tgenabled <> 'D' GROUP BY c.relname
"""
SQLITE_TRIGGER = f"""
CREATE TRIGGER {{table}}_rights_{{verb}} AFTER {{verb}} {{of}}ON {{table}}
BEGIN UPDATE {VERSION} SET value = random(); END
"""  # noqa: S608 - our own names
SQLITE_FOUND = "SELECT sql FROM sqlite_master WHERE type = 'trigger'"


def watched() -> Iterator[type[Model]]:
    """What rights are made of."""
    user: Any = apps.get_model(settings.AUTH_USER_MODEL)
    memberships = (user.groups.through, user.user_permissions.through, Group.permissions.through)
    yield from (user, Group, Permission, *memberships, apps.get_model("ops", "ApiToken"))


def columns_of(model: type[Model]) -> str:
    """Those that count."""
    fields = model._meta.local_concrete_fields
    return ", ".join(sorted(str(field.column) for field in fields if field.name not in UNRELATED))


def statements(vendor: str, model: type[Model]) -> list[str]:
    """The SQL of one table's triggers."""
    table, columns = model._meta.db_table, columns_of(model)
    if vendor == "postgresql":
        return [POSTGRESQL_TRIGGER.format(table=table, columns=columns)]
    of = {"update": f"OF {columns} "}
    return [SQLITE_TRIGGER.strip().format(table=table, verb=verb, of=of.get(verb, "")) for verb in VERBS]


def lacking(connection: BaseDatabaseWrapper) -> list[type[Model]]:
    """The models whose table lacks its triggers: migrations of SQLite make tables again, without them."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(POSTGRESQL_FOUND)
            columns = dict(cursor.fetchall())
            return [one for one in watched() if columns.get(one._meta.db_table) != columns_of(one)]
        cursor.execute(SQLITE_FOUND)
        found = {sql for (sql,) in cursor.fetchall()}
        return [one for one in watched() if not found.issuperset(statements("sqlite", one))]


@cache
def are_installed(alias: str) -> bool:
    """Whether every trigger is there; asked once in a process."""
    return not lacking(connections[alias])


def install(connection: BaseDatabaseWrapper) -> None:
    """Install what is missing, and the row; idempotent."""
    missing = lacking(connection)
    with connection.cursor() as cursor:
        if missing and connection.vendor == "postgresql":
            cursor.execute(POSTGRESQL_FUNCTION)
        for model in missing:
            drop(cursor, model)
            for statement in statements(connection.vendor, model):
                cursor.execute(statement)
    # Random from the beginning: a value must never come back, not even after the row was removed.
    versions = RightsVersion._default_manager.using(connection.alias)
    versions.get_or_create(pk=1, defaults={"value": randbits(53)})
    are_installed.cache_clear()


def remove(connection: BaseDatabaseWrapper) -> None:
    """Remove the triggers: without the table of the version each change would fail."""
    with connection.cursor() as cursor:
        for model in watched():
            drop(cursor, model)
    are_installed.cache_clear()


def drop(cursor: Any, model: type[Model]) -> None:
    """Remove one table's triggers, if it has any."""
    table = model._meta.db_table
    if cursor.db.vendor == "postgresql":
        cursor.execute(f"DROP TRIGGER IF EXISTS console_rights ON console.{table}")
        return
    for verb in VERBS:
        cursor.execute(f"DROP TRIGGER IF EXISTS {table}_rights_{verb}")


def after_migrations(using: str, **_: Any) -> None:
    """Keep the triggers where the version is, and only there."""
    connection = connections[using]
    is_there = VERSION in connection.introspection.table_names()
    (install if is_there else remove)(connection)
