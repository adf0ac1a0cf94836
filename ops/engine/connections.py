"""What every connection is told when it opens, so that no stored value can break a page."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial
from sqlite3 import SQLITE_LIMIT_VARIABLE_NUMBER
from typing import Any

from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver

from ops.engine.values import Timestamp

# What isn't UTF-8 becomes a replacement character; called for every text of every row, so not a `def`.
readable = partial(str, encoding="utf-8", errors="replace")


@receiver(connection_created)
def tolerate(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Read what the driver alone would raise on: times beyond Python's, text that isn't UTF-8."""
    if connection.vendor == "postgresql":
        connection.connection.adapters.register_loader("timestamptz", loader_in(connection.timezone))
    else:
        connection.connection.text_factory = readable
        # Django assumes 999, the limit of 2020; a thousand ids are one statement.
        connection.features.max_query_params = connection.connection.getlimit(SQLITE_LIMIT_VARIABLE_NUMBER)


@contextmanager
def unlimited(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """No time limit for the statements of the block: what a command does may take hours."""
    if connection.vendor != "postgresql":
        yield
        return
    connection.ensure_connection()
    with connection.connection.limited(None):
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
        try:
            yield
        finally:
            # After an error in a transaction its rollback takes the setting back.
            with suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute("RESET statement_timeout")


@cache
def loader_in(zone: Any) -> type:
    """Django's loader of timestamptz, which knows `infinity`, years before 1 and after 9999."""
    from django.db.backends.postgresql.psycopg_any import BaseTzLoader
    from psycopg import DataError

    class TolerantLoader(BaseTzLoader):  # type: ignore[misc]  # its base depends on the driver's version
        timezone = zone

        def load(self, data: Any) -> Any:
            try:
                return super().load(data)
            except DataError:
                return Timestamp.beyond(bytes(data).decode())

    return TolerantLoader
