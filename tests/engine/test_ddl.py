"""The tables that we make for demo and tests are the engine's own."""

import re
import sqlite3
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from ops.engine.ddl import NotOurs, create_engine_tables, empty_engine_tables, is_ours, statements
from tests.engine.databases import fresh_database
from tests.engine.real_data import FOLDER, needs_real_data
from tests.factories import make_event, make_function, make_run, make_step

TABLES = ["events", "function_runs", "step_runs", "functions", "distributed_locks", "_sqlx_migrations"]
MIGRATION = "SELECT version, description, success, checksum FROM _sqlx_migrations"

PG_COLUMNS = """
SELECT c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
       pg_get_expr(d.adbin, d.adrelid)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND c.relname = ANY(%s)
ORDER BY 1, 2
"""
PG_CONSTRAINTS = """
SELECT c.relname, k.conname, pg_get_constraintdef(k.oid)
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY(%s) ORDER BY 1, 2
"""
PG_INDEXES = """
SELECT tablename, indexname, indexdef FROM pg_indexes
WHERE schemaname = 'public' AND tablename = ANY(%s) ORDER BY 1, 2
"""
# The dump lists rows as COPY blocks and has commands of psql; only its definitions are wanted.
ROWS = re.compile(r"^COPY .*?^\\\.$|^\\.*?$", re.MULTILINE | re.DOTALL)

# A condition is printed with other casts after a dump than before.
CASTS = re.compile(r"::[a-z ]+(\[\])?|[()]")


def postgresql_tables(cursor: Any) -> dict[str, Any]:
    """Columns, constraints and indexes of the engine's tables."""
    found = {}
    for what, question in (("columns", PG_COLUMNS), ("constraints", PG_CONSTRAINTS), ("indexes", PG_INDEXES)):
        cursor.execute(question, [TABLES])
        found[what] = list(cursor.fetchall())
    found["constraints"] = [(*names, CASTS.sub("", text)) for *names, text in found["constraints"]]
    return found


def sqlite_table(cursor: Any, table: str) -> dict[str, Any]:
    """The same for one table of an SQLite database."""

    def ask(question: str) -> list[Any]:
        return list(cursor.execute(question).fetchall())

    indexes = sorted(row[1:] for row in ask(f"PRAGMA index_list({table})"))
    rows = ask("SELECT name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    texts = {name: " ".join(sql.split()) for name, owner, sql in rows if owner == table}
    return {
        "columns": ask(f"PRAGMA table_info({table})"),
        "indexes": indexes,
        "indexed": {index[0]: ask(f"PRAGMA index_xinfo({index[0]})") for index in indexes},
        "conditions": {name: text.partition(" WHERE ")[2] for name, text in texts.items()},
        "checks": re.findall(r"CHECK \(.*?\)\)", texts[table]),
        "references": ask(f"PRAGMA foreign_key_list({table})"),
    }


@needs_real_data
@pytest.mark.sqlite
@pytest.mark.parametrize("table", TABLES)
def test_our_sqlite_tables_equal_the_engines(db: None, table: str) -> None:
    real = sqlite3.connect(f"file:{FOLDER / 'choreo.sqlite3'}?immutable=1", uri=True)
    with connection.cursor() as cursor:
        assert sqlite_table(cursor, table) == sqlite_table(real.cursor(), table)
        assert cursor.execute(MIGRATION).fetchall() == real.execute(MIGRATION).fetchall()


@needs_real_data
@pytest.mark.postgresql
def test_our_postgresql_tables_equal_the_engines(db: None) -> None:
    dump = (FOLDER / "choreo.pg.sql").read_text(encoding="utf-8")
    with fresh_database("dump") as real, connection.cursor() as cursor:
        real.execute(ROWS.sub("", dump).encode())
        real.execute("SET search_path TO public")  # the dump leaves it empty: names would be printed in full
        assert postgresql_tables(cursor) == postgresql_tables(real.cursor())
        cursor.execute(MIGRATION)
        ((version, description, success, checksum),) = cursor.fetchall()
    assert f"{version}\t{description}\t" in dump
    assert f"\t{'t' if success else 'f'}\t\\\\x{bytes(checksum).hex()}\t" in dump


def test_the_test_database_is_marked_as_ours(db: None) -> None:
    assert is_ours(connection)
    create_engine_tables(connection)  # a second time changes nothing


def test_tables_that_somebody_else_made_are_refused(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE console_simulator")
    with pytest.raises(NotOurs, match="has engine tables"):
        create_engine_tables(connection)
    with pytest.raises(NotOurs, match="never writes to any other database"):
        empty_engine_tables(connection)


def test_emptying_leaves_the_engines_migration_row(db: None) -> None:
    make_function()
    make_step(make_run(event=make_event()))
    empty_engine_tables(connection)
    with connection.cursor() as cursor:
        for table in TABLES[:-1]:
            cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - a constant
            assert cursor.fetchone() == (0,), table
        cursor.execute("SELECT count(*) FROM _sqlx_migrations")
        assert cursor.fetchone() == (1,)


@pytest.mark.postgresql
def test_the_tables_go_to_the_engines_schema_and_the_marker_to_ours(db: None, settings: Any) -> None:
    settings.ENGINE_SCHEMA = "Shop engine"
    with fresh_database("schema") as database:
        for statement in statements(connection):
            database.execute(statement.encode())
        found = database.execute(
            "SELECT schemaname, array_agg(tablename::text ORDER BY tablename) FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema') GROUP BY 1"
        ).fetchall()
    assert {str(schema): names for schema, names in found} == {
        "Shop engine": sorted(TABLES),
        "console": ["console_simulator"],
    }


def test_an_unknown_status_is_refused_by_the_table(db: None) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_run(status="held")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_step(make_run(), status="cancelled")


def test_deleting_an_event_deletes_its_runs_and_their_steps(db: None) -> None:
    run = make_run()
    make_step(run)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM events")
        cursor.execute("SELECT (SELECT count(*) FROM function_runs), (SELECT count(*) FROM step_runs)")
        assert cursor.fetchone() == (0, 0)
