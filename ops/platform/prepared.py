"""Whether `manage.py prepare` has been run: the console's own tables, where they belong, up to date."""

from functools import cache

from django.apps import apps
from django.db import connection as default_connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model

# The engine may share its database with another Django application. If a table of ours were not in our
# schema, its name would mean that application's table behind it on the search path: its people, its sessions.
# So what counts is what a bare name means here, not whether a table is somewhere.
POSTGRESQL = """
SELECT name, a.attname FROM unnest(%s::text[]) AS name
JOIN pg_class c ON c.oid = to_regclass(quote_ident(name))
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = 'console'
"""
SQLITE = "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'"

Column = tuple[str, str]

# Before 0.1.0 the migrations started afresh; this one is from before.
OF_DEVELOPMENT = ("ops", "0002_audit_append_only")
OUTDATED = (
    "This database was prepared by a version of the console from before 0.1.0, whose people, audit log and"
    " jobs can't be taken over. Remove the console's tables, then prepare again: {}"
)
SHARED = (
    "This file has tables of another application: {}. SQLite has no schemas that would keep the console's"
    " tables apart from them. Give the engine a file of its own, or use PostgreSQL."
)
# What Django's own user model leaves behind, whose place `ops_user` has taken.
DJANGO_S_USERS = {"auth_user", "auth_user_groups", "auth_user_user_permissions"}


class Unprepared(Exception):
    """The console must not be used before `manage.py prepare` has been run."""


@cache
def require_prepared() -> None:
    """Raise Unprepared unless the database is ready; asked until it is, then never again in this process.

    Somebody may alter a table later: `require_unaltered` is for the errors that follow, and for probes.
    """
    require_unaltered()
    if pending_migrations(default_connection):
        raise Unprepared


def require_unaltered() -> None:
    """Raise Unprepared unless every column is there; from then on `require_prepared` asks again."""
    if missing_columns(default_connection):
        require_prepared.cache_clear()
        raise Unprepared


def missing_tables(connection: BaseDatabaseWrapper) -> set[str]:
    """The console's tables that aren't there, or that are another application's."""
    found = {table for table, _ in found_columns(connection)}
    return {table for table, _ in own_columns()} - found


def missing_columns(connection: BaseDatabaseWrapper) -> set[Column]:
    """The console's columns that aren't there, with their tables."""
    return own_columns() - found_columns(connection)


def own_columns() -> set[Column]:
    """Table and column of everything that migrations make."""
    columns = {
        (model._meta.db_table, field.column)
        for model in managed_models()
        for field in model._meta.local_concrete_fields
        if field.column
    }
    return columns | {("django_migrations", name) for name in ("app", "name", "applied")}


def managed_models() -> list[type[Model]]:
    """Those whose tables migrations make."""
    return [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]


def found_columns(connection: BaseDatabaseWrapper) -> set[Column]:
    """Table and column of what the names of the console's tables mean in this database."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(POSTGRESQL, [sorted({table for table, _ in own_columns()})])
        else:
            cursor.execute(SQLITE)
        return {(table, column) for table, column in cursor.fetchall()}


def pending_migrations(connection: BaseDatabaseWrapper) -> int:
    """How many migrations of this version haven't been applied."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def obstacle(connection: BaseDatabaseWrapper) -> str:
    """Why the database can't be prepared, and what to do about it; empty if it can."""
    applied = set(MigrationRecorder(connection).applied_migrations())
    if OF_DEVELOPMENT in applied:
        return OUTDATED.format(removal(connection))
    if connection.vendor == "sqlite" and (foreign := foreign_tables(connection, {app for app, _ in applied})):
        return SHARED.format(", ".join(sorted(foreign)))
    return ""


def removal(connection: BaseDatabaseWrapper) -> str:
    """The SQL that removes everything of the console's."""
    if connection.vendor == "postgresql":
        return "DROP SCHEMA console CASCADE;"
    ours = {table for table, _ in own_columns()} | DJANGO_S_USERS
    found = ours & set(connection.introspection.table_names())
    return " ".join(f"DROP TABLE {table};" for table in sorted(found))


def foreign_tables(connection: BaseDatabaseWrapper, migrated: set[str]) -> set[str]:
    """Tables that no console made but whose names it needs, in a file that no console was prepared in."""
    if "ops" in migrated:
        return set()
    tables = set(connection.introspection.table_names())
    unmade = [model for model in managed_models() if model._meta.app_label not in migrated]
    taken = {model._meta.db_table for model in unmade} | DJANGO_S_USERS
    known = {config.label for config in apps.get_app_configs()}
    return taken & tables | ({"django_migrations"} if migrated - known else set())
