"""What the ORM cannot say about runs over time: buckets, and the newest run of each function."""

from datetime import timedelta
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func, IntegerField
from django.db.models.sql.compiler import SQLCompiler

from ops.engine.values import Timestamp
from runs.stats.time_ranges import EPOCH, Span

# Index console_runs_function_id: one look-up per function, where ids are in the order of creation.
LAST_RUNS_POSTGRESQL = """
SELECT f.name, (SELECT created_at FROM function_runs WHERE function_id = f.name ORDER BY id DESC LIMIT 1)
FROM unnest(%s::text[]) AS f(name)
"""
LAST_RUNS_SQLITE = """
SELECT f.value, (SELECT created_at FROM function_runs WHERE function_id = f.value ORDER BY id DESC LIMIT 1)
FROM json_each(%s) AS f
"""
# Index idx_runs_created: without ours, a function's newest run is found only among the newest of all.
LAST_RUNS_AMONG_NEWEST = """
SELECT function_id, max(created_at)
FROM (SELECT function_id, created_at FROM function_runs ORDER BY created_at DESC LIMIT %s) AS newest
GROUP BY function_id
"""


class Bucket(Func):
    """Number of the span's bucket in which a moment lies: -1 before it, one past the last after it."""

    output_field = IntegerField()

    def __init__(self, column: str, span: Span) -> None:
        self.span = span
        super().__init__(column)

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> tuple[str, list[Any]]:
        """Binary search among the edges."""
        column, values = compiler.compile(self.source_expressions[0])
        return f"width_bucket({column}, %s::timestamptz[]) - 1", [*values, self.span.edges]

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> tuple[str, tuple[Any, ...]]:
        """Whole seconds of the text: with its fractions it would be rounded up into the next bucket."""
        column, values = compiler.compile(self.source_expressions[0])
        step, first = self.span.step, (self.span.start - EPOCH) // timedelta(seconds=self.span.step)
        seconds = f"unixepoch(substr({column}, 1, 19))"
        sql = (
            f"CASE WHEN {column} < %s THEN -1 WHEN {column} < %s THEN {seconds} / {step:d} - {first:d}"
            f" WHEN {column} IS NOT NULL THEN {len(self.span.buckets):d} END"
        )
        start, end = Timestamp.key_of(self.span.start), Timestamp.key_of(self.span.end)
        return sql, (*values, start, *values, end, *values, *values)
