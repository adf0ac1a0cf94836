"""The engine's tables as its version 0.1.4 makes them, for the demo and for tests; facts: docs/engine.md.

A real engine makes its own tables. Where we make them there is a marker beside them, `console_simulator`,
and nothing that invents or empties rows goes near a database without it.
"""

from pathlib import Path
from string import Template

from django.conf import settings
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

HERE = Path(__file__).parent
MARKER = "console_simulator"
TABLES = ("step_runs", "function_runs", "events", "functions", "distributed_locks")


class NotOurs(Exception):
    """The database was not made by the simulator, so the simulator keeps away."""


def create_engine_tables(connection: BaseDatabaseWrapper) -> None:
    """Make the engine's tables and our marker; NotOurs if the tables are there without it."""
    if is_ours(connection):
        return
    found = set(connection.introspection.table_names()) & set(TABLES)
    if found:
        raise NotOurs(
            f"{connection.settings_dict['NAME']} has engine tables ({', '.join(sorted(found))}) that the"
            " simulator did not make. Point CONSOLE_DATABASE_URL at an empty database."
        )
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        for statement in statements(connection):
            cursor.execute(statement)


def statements(connection: BaseDatabaseWrapper) -> list[str]:
    """The SQL of create_engine_tables, in order."""
    text = (HERE / f"{connection.vendor}.sql").read_text(encoding="utf-8")
    schema = connection.ops.quote_name(settings.ENGINE_SCHEMA)
    return [part.strip() for part in Template(text).substitute(engine=schema).split(";\n") if part.strip()]


def is_ours(connection: BaseDatabaseWrapper) -> bool:
    """Whether the simulator made this database."""
    return MARKER in connection.introspection.table_names()


def require_ours(connection: BaseDatabaseWrapper) -> None:
    """Raise NotOurs unless the simulator made this database."""
    if not is_ours(connection):
        name = connection.settings_dict["NAME"]
        raise NotOurs(f"{name} was not made by the simulator, which never writes to any other database.")


def empty_engine_tables(connection: BaseDatabaseWrapper) -> None:
    """Remove every row of the engine's tables, between tests."""
    require_ours(connection)
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("TRUNCATE step_runs, function_runs, events, functions, distributed_locks")
        else:
            for table in TABLES:
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")  # noqa: S608 - a constant
