"""What the console's role needs on PostgreSQL before it changes anything, and the GRANT that gives it.

A role with GRANT TRIGGER alone could make a trigger but neither comment on it, disable nor drop it. So the
console asks for the owner's rights at once: what it installs it can remove.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from django.db.backends.base.base import BaseDatabaseWrapper

from ops.engine.extensions.extension import Part

TABLES = """
SELECT c.relname, n.nspname, pg_get_userbyid(c.relowner), current_user,
       pg_has_role(c.relowner, 'USAGE'), has_schema_privilege(n.oid, 'CREATE')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = ANY (ARRAY(SELECT to_regclass(name) FROM unnest(%s::text[]) AS name))
"""
SCHEMA = """
SELECT current_user, has_schema_privilege(oid, 'CREATE') FROM pg_namespace WHERE nspname = 'console'
"""


class Table(NamedTuple):
    """An engine table and the console's role."""

    schema: str
    owner: str
    role: str
    owns: bool
    may_create: bool


def lacking(parts: Sequence[Part], connection: BaseDatabaseWrapper) -> Iterator[str]:
    """What is missing before the parts can be made or removed, as sentences."""
    wanted = {part.table for part in parts if part.table}
    tables = read_tables(wanted, connection)
    for name in sorted(wanted - tables.keys()):
        yield f"The table {name} is missing: let the engine create its tables first."
    if connection.vendor != "postgresql":
        return
    for name, table in tables.items():
        yield from lacking_on(name, table, makes_index=any(part.kind == "index" for part in parts))
    if any(part.kind == "function" for part in parts):
        yield from lacking_in_schema(connection)


def read_tables(names: set[str], connection: BaseDatabaseWrapper) -> dict[str, Table]:
    """Name → table, of those that are there."""
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            there = names & set(connection.introspection.table_names(cursor))
            return {name: Table("main", "", "", owns=True, may_create=True) for name in there}
        cursor.execute(TABLES, [sorted(names)])
        return {name: Table(*columns) for name, *columns in cursor.fetchall()}


def lacking_on(name: str, table: Table, *, makes_index: bool) -> Iterator[str]:
    """Rights missing on one table."""
    if not table.owns:
        yield (
            f'The role "{table.role}" lacks the rights of the owner of {name}:'
            f' GRANT "{table.owner}" TO "{table.role}", or let "{table.owner}" run what --sql prints.'
        )
    elif makes_index and not table.may_create:
        yield (
            f'The role "{table.role}" may not create anything in the schema "{table.schema}":'
            f' GRANT CREATE ON SCHEMA "{table.schema}" TO "{table.role}".'
        )


def lacking_in_schema(connection: BaseDatabaseWrapper) -> Iterator[str]:
    """Rights missing in the console's own schema."""
    with connection.cursor() as cursor:
        cursor.execute(SCHEMA)
        row = cursor.fetchone()
    if row is None:
        yield "The schema console is missing: run manage.py prepare first."
    elif not row[1]:
        grant = f'GRANT CREATE ON SCHEMA console TO "{row[0]}"'
        yield f'The role "{row[0]}" may not create anything in the schema console: {grant}.'
