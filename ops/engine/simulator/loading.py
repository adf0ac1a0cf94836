"""Writes many rows fast: COPY on PostgreSQL, executemany on SQLite, indexes afterwards when it pays."""

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from ops.engine.connections import unlimited
from ops.engine.ddl import statements

Rows = Sequence[tuple[Any, ...]]
INDEX = re.compile(r"CREATE INDEX (\w+)\s+ON ")
COPIES = (
    """
    COPY events (id, name, data, idempotency_key, timestamp, user_id, created_at) FROM STDIN
    """,
    """
    COPY function_runs (id, function_id, event_id, status, attempt, max_attempts, input, output, error,
        created_at, started_at, ended_at, locked_until, locked_by, concurrency_key, run_after) FROM STDIN
    """,
    """
    COPY step_runs (id, run_id, step_id, status, input, output, error, attempt, created_at, started_at,
        ended_at) FROM STDIN
    """,
)
INSERTS = (
    "INSERT INTO events VALUES (%s, %s, %s, %s, %s, %s, %s)",
    "INSERT INTO function_runs VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
    "INSERT INTO step_runs VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
)


class Loader:
    """Writes batches of events, runs and steps, each batch in a short transaction."""

    batch = 1_000

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self.vendor = connection.vendor

    def load(self, events: Rows, runs: Rows, steps: Rows) -> None:
        with transaction.atomic(using=self.connection.alias), self.connection.cursor() as cursor:
            for number, rows in enumerate((events, runs, steps)):
                if rows and self.vendor == "postgresql":
                    copy(cursor, COPIES[number], rows)
                elif rows:
                    cursor.executemany(INSERTS[number], rows)

    def finish(self) -> None:
        """Everything is written."""


class PipelinedLoader(Loader):
    """Writes a batch while the next one is invented, on PostgreSQL, over a connection of its own."""

    batch = 5_000

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        super().__init__(connection)
        self.raw = connection.get_new_connection(connection.get_connection_params())
        self.writer = ThreadPoolExecutor(1)
        self.pending: Future[None] | None = None

    def load(self, events: Rows, runs: Rows, steps: Rows) -> None:
        """Wait for the batch before, then leave this one to the writer."""
        if self.pending:
            self.pending.result()
        self.pending = self.writer.submit(self.write, (events, runs, steps))

    def write(self, tables: Sequence[Rows]) -> None:
        """One batch in one transaction."""
        with self.raw.transaction(), self.raw.cursor() as cursor:
            for statement, rows in zip(COPIES, tables, strict=True):
                copy(cursor, statement, rows)

    def finish(self) -> None:
        if self.pending:
            self.pending.result()
        self.writer.shutdown()
        self.raw.close()


def copy(cursor: Any, statement: str, rows: Rows) -> None:
    """COPY through psycopg's own cursor."""
    with cursor.copy(statement) as target:
        for row in rows:
            target.write_row(row)


@contextmanager
def without_indexes(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Drop the engine's own secondary indexes for the block, then build them."""
    hurry(connection)
    indexes = {found[1]: text for text in statements(connection) if (found := INDEX.match(text))}
    with connection.cursor() as cursor:
        for name in indexes:
            cursor.execute(f"DROP INDEX {connection.ops.quote_name(name)}")
    yield
    with connection.cursor() as cursor, unlimited(connection):
        for text in indexes.values():
            cursor.execute(text)


def gather_statistics(connection: BaseDatabaseWrapper) -> None:
    """Without them SQLite sorts the whole queue at each lease."""
    with connection.cursor() as cursor, unlimited(connection):
        cursor.execute("ANALYZE")


def hurry(connection: BaseDatabaseWrapper) -> None:
    """Until the connection closes, SQLite keeps more in memory and doesn't wait for the disk."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous = OFF")
            cursor.execute("PRAGMA cache_size = -200000")
