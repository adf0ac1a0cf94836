"""Whether `manage.py prepare` has been run: the console's own tables, where they belong, up to date."""

from functools import cache

from django.apps import apps
from django.db import connection as default_connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

# The engine may share its database with another Django application. If a table of ours were not in our
# schema, its name would mean that application's table behind it on the search path: its people, its sessions.
# So what counts is what a bare name means here, not whether a table is somewhere.
OURS = """
SELECT name FROM unnest(%s::text[]) AS name
JOIN pg_class c ON c.oid = to_regclass(quote_ident(name))
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'console'
"""


class Unprepared(Exception):
    """The console must not be used before `manage.py prepare` has been run."""


@cache
def require_prepared() -> None:
    """Raise Unprepared unless the database is ready; asked until it is, then never again in this process."""
    if missing_tables(default_connection) or pending_migrations(default_connection):
        raise Unprepared


def missing_tables(connection: BaseDatabaseWrapper) -> set[str]:
    """The console's tables that aren't there, or that are another application's."""
    return own_tables() - found_tables(own_tables(), connection)


def own_tables() -> set[str]:
    """Every table that migrations make."""
    managed = {
        model._meta.db_table for model in apps.get_models(include_auto_created=True) if model._meta.managed
    }
    return managed | {"django_migrations"}


def found_tables(names: set[str], connection: BaseDatabaseWrapper) -> set[str]:
    """Those of the names that mean tables of the console."""
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            return names & set(connection.introspection.table_names(cursor))
        cursor.execute(OURS, [sorted(names)])
        return {name for (name,) in cursor.fetchall()}


def pending_migrations(connection: BaseDatabaseWrapper) -> int:
    """How many migrations of this version haven't been applied."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
