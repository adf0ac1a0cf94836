"""Whether the engine's tables are what this version of the console knows.

A mismatch never stops reading where reading works; operations are refused, with the reason.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db import connection as default_connection
from django.db.backends.base.base import BaseDatabaseWrapper

from ops.engine import tables
from ops.engine.tables import TABLES, WRITES
from ops.platform.errors import EngineMismatch
from ops.platform.memoize import remember

# The engine keeps no version of its own in the database, only that of its migrations.
KNOWN_MIGRATION = 1
ENGINES = {1: "0.1"}

POSTGRESQL_COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, NULL)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.oid = ANY (ARRAY(SELECT to_regclass(name) FROM unnest(%s::text[]) AS name))
  AND a.attnum > 0 AND NOT a.attisdropped
"""
POSTGRESQL_RIGHTS = """
SELECT c.relname, n.nspname, current_user,
       ARRAY(SELECT right_ FROM unnest(ARRAY['SELECT', 'UPDATE', 'INSERT']) AS right_
             WHERE has_table_privilege(c.oid, right_))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = ANY (ARRAY(SELECT to_regclass(name) FROM unnest(%s::text[]) AS name))
ORDER BY c.relname
"""
SQLITE_COLUMNS = """
SELECT m.name, p.name, lower(p.type)
FROM sqlite_master m JOIN pragma_table_info(m.name) p
WHERE m.type = 'table' AND m.name IN (SELECT value FROM json_each(%s))
"""
LACKING = {"UPDATE": "{} may not be changed", "INSERT": "Nothing may be added to {}"}
MIGRATIONS = "SELECT version, success FROM _sqlx_migrations ORDER BY version"

Write = tuple[str, str]  # a right and the table, such as ("INSERT", "step_runs")


@dataclass(frozen=True)
class SchemaReport:
    """What was found: sentences that name each fault, and the engine's newest migration if it keeps any.

    `lacking` has a sentence for each right that only some operations need: the others go on.
    """

    faults: tuple[str, ...]
    migration: int | None
    lacking: Mapping[Write, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """True when the tables are known and can be read."""
        return not self.faults

    @property
    def sentences(self) -> tuple[str, ...]:
        """Why operations are refused, all of them or some."""
        return (*self.faults, *self.lacking.values())

    @property
    def engine(self) -> str:
        """The engine's version, as far as its migrations tell."""
        return ENGINES.get(self.migration or 0, "unknown")


def check(connection: BaseDatabaseWrapper) -> SchemaReport:
    """Ask the database now; raises DatabaseError when it can't be asked."""
    found = columns(connection)
    rights = read_rights(connection) if connection.vendor == "postgresql" else {}
    may_read = tables.MIGRATIONS in found and (not rights or rights[tables.MIGRATIONS].may_select)
    migrations = read_migrations(connection) if may_read else {}
    faults = (
        *faults_of_tables(found, connection.vendor),
        *faults_of_rights(rights),
        *faults_of_migrations(migrations),
    )
    return SchemaReport(faults, max(migrations, default=None), dict(lacking_rights(rights)))


@remember(seconds=30)
def recent() -> SchemaReport:
    """The report of the last half minute, for pages and operations."""
    return check(default_connection)


def require_writable(needed: Iterable[Write] = ()) -> None:
    """Raise EngineMismatch unless an operation that needs these rights may change the engine's rows."""
    report = recent()
    faults = report.faults
    if lacking := [report.lacking[write] for write in needed if write in report.lacking]:
        raise EngineMismatch(f"The console's role lacks a right, so nothing was changed. {' '.join(lacking)}")
    if faults:
        more = f" And {len(faults) - 3} more; /api/health lists them." if len(faults) > 3 else ""
        raise EngineMismatch(
            "The engine's tables are not the ones this console knows, so nothing was changed. "
            + " ".join(faults[:3])
            + more
        )


def columns(connection: BaseDatabaseWrapper) -> dict[str, dict[str, str]]:
    """Table → column → type, of the engine's tables that are there."""
    names = [*TABLES, tables.MIGRATIONS]
    found: dict[str, dict[str, str]] = {}
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(POSTGRESQL_COLUMNS, [names])
        else:
            cursor.execute(SQLITE_COLUMNS, [json.dumps(names)])
        for table, column, kind in cursor.fetchall():
            found.setdefault(table, {})[column] = kind
    return found


def faults_of_tables(found: Mapping[str, Mapping[str, str]], vendor: str) -> Iterator[str]:
    """Missing tables and columns, and columns of another type; more columns than we know do no harm."""
    for table, expected in TABLES.items():
        if table not in found:
            yield f"The table {table} is missing."
            continue
        for column, kinds in expected.items():
            kind = kinds.sqlite if vendor == "sqlite" else kinds.postgresql
            is_kind = found[table].get(column)
            if is_kind is None:
                yield f"{table}.{column} is missing (expected: {kind})."
            elif is_kind != kind:
                yield f"{table}.{column} is {is_kind or 'without a type'} (expected: {kind})."


def read_migrations(connection: BaseDatabaseWrapper) -> dict[int, bool]:
    """Version → success, of the engine's own migrations."""
    with connection.cursor() as cursor:
        cursor.execute(MIGRATIONS)
        return {version: bool(success) for version, success in cursor.fetchall()}


def faults_of_migrations(migrations: Mapping[int, bool]) -> Iterator[str]:
    """A migration that failed, or one that came after this version of the console."""
    for version, success in migrations.items():
        if not success:
            yield f"The engine's migration {version} has not succeeded (_sqlx_migrations)."
    newest = max(migrations, default=0)
    if newest > KNOWN_MIGRATION:
        known = f"than this console knows (expected: {KNOWN_MIGRATION})"
        yield f"The engine's migration {newest} is newer {known}."


class Rights(NamedTuple):
    """What the console's role may do with one table on PostgreSQL."""

    schema: str
    role: str
    rights: Sequence[str]

    @property
    def may_select(self) -> bool:
        """Whether the table can be read."""
        return "SELECT" in self.rights

    def grant(self, right: str, table: str) -> str:
        """The statement that gives the right."""
        return f'GRANT {right} ON "{self.schema}".{table} TO "{self.role}"'


def read_rights(connection: BaseDatabaseWrapper) -> dict[str, Rights]:
    """Table → rights, of the engine's tables that are there."""
    with connection.cursor() as cursor:
        cursor.execute(POSTGRESQL_RIGHTS, [[*TABLES, tables.MIGRATIONS]])
        return {table: Rights(*columns) for table, *columns in cursor.fetchall()}


def faults_of_rights(rights: Mapping[str, Rights]) -> Iterator[str]:
    """What the console's role may not read, with the GRANT that helps."""
    for table in sorted(TABLES.keys() & rights.keys()):
        if not rights[table].may_select:
            yield f"{table} may not be read: {rights[table].grant('SELECT', table)}."


def lacking_rights(rights: Mapping[str, Rights]) -> Iterator[tuple[Write, str]]:
    """What the console's role may not write, with the GRANT that helps."""
    for right, table in WRITES:
        if table in rights and right not in rights[table].rights:
            yield (right, table), f"{LACKING[right].format(table)}: {rights[table].grant(right, table)}."
