"""The rows of a real engine's database, put into the test's own tables."""

import re
import sqlite3

from django.db import connection

from tests.engine.real_data import FOLDER

TABLES = ("events", "functions", "function_runs", "step_runs")
COPY_BLOCK = re.compile(r"^COPY public\.(\w+) (\([^;]*\) FROM stdin);\n(.*?)^\\\.$", re.MULTILINE | re.DOTALL)


def load_real_rows() -> None:
    """Every event, function, run and step, byte for byte."""
    if connection.vendor == "postgresql":
        load_dump()
    else:
        load_file()


def load_dump() -> None:
    """From the dump's own COPY blocks."""
    dump = (FOLDER / "choreo.pg.sql").read_text(encoding="utf-8")
    for table, columns, rows in COPY_BLOCK.findall(dump):
        if table in TABLES:
            with connection.cursor() as cursor, cursor.copy(f"COPY {table} {columns}") as copy:
                copy.write(rows)


def load_file() -> None:
    """From the other file, column by column."""
    real = sqlite3.connect(f"file:{FOLDER / 'choreo.sqlite3'}?immutable=1", uri=True)
    for table in TABLES:
        rows = real.execute(f"SELECT * FROM {table}")  # noqa: S608 - a constant
        names = ", ".join(column[0] for column in rows.description)
        marks = ", ".join(["%s"] * len(rows.description))
        with connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows.fetchall())  # noqa: S608
    real.close()
