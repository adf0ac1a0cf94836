"""What is in a column, past the codecs: the bytes that the engine would find."""

from typing import Any

from django.db import connection
from django.db.models import Model


def stored(row: Model, column: str) -> Any:
    """The column's text, as the database holds it; None for NULL."""
    cast = "{0}::text" if connection.vendor == "postgresql" else "{0}"
    name = connection.ops.quote_name(column)
    table = connection.ops.quote_name(row._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {cast.format(name)} FROM {table} WHERE id = %s", [row.pk])  # noqa: S608 - quoted
        (value,) = cursor.fetchone()
    return value


def store(row: Model, column: str, value: Any) -> None:
    """Put a value into the column as another program would."""
    name = connection.ops.quote_name(column)
    table = connection.ops.quote_name(row._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {name} = %s WHERE id = %s", [value, row.pk])  # noqa: S608 - quoted
