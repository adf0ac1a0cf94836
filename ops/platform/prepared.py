"""Whether `manage.py prepare` has been run: the console's own tables, where they belong, up to date."""

from functools import cache

from django.apps import apps
from django.db import connection as default_connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

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
    models = (model for model in apps.get_models(include_auto_created=True) if model._meta.managed)
    columns = {
        (model._meta.db_table, field.column)
        for model in models
        for field in model._meta.local_concrete_fields
        if field.column
    }
    return columns | {("django_migrations", name) for name in ("app", "name", "applied")}


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
