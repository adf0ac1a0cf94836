"""Every row that a real engine wrote is read by the models and written back without changing a byte."""

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.db.models import Model

from events.models import Event
from functions.models import Function
from runs.models import Run, Step
from tests.engine.databases import fresh_database
from tests.engine.real_data import FOLDER, needs_real_data

MODELS: list[type[Model]] = [Event, Run, Step, Function]
PSQL_COMMAND = re.compile(r"^\\(?:un)?restrict.*$", re.MULTILINE)
COPY_BLOCK = re.compile(r"^(COPY [^;]*;)\n(.*?)^\\\.$", re.MULTILINE | re.DOTALL)


@contextmanager
def second_database(name: str) -> Iterator[str]:
    """A connection of Django's to another database of the same kind; yields its alias."""
    settings = connections["default"].settings_dict | {"NAME": name}
    connections.settings["second"] = settings
    try:
        yield "second"
    finally:
        connections["second"].close()
        del connections["second"]
        del connections.settings["second"]


def write_back(alias: str) -> int:
    """Update each row of each table with what was read from it; returns how many rows."""
    written = 0
    for model in MODELS:
        columns = [field.attname for field in model._meta.concrete_fields if not field.primary_key]
        for row in model._default_manager.using(alias):
            values = {column: getattr(row, column) for column in columns}
            written += model._default_manager.using(alias).filter(pk=row.pk).update(**values)
    return written


def sqlite_bytes(path: Path) -> dict[str, list[Any]]:
    """Type and bytes of each column of each row."""
    raw = sqlite3.connect(path)
    found = {}
    for model in MODELS:
        table = model._meta.db_table
        names = [row[1] for row in raw.execute(f"PRAGMA table_info({table})")]
        columns = ", ".join(f"typeof({name}), CAST({name} AS BLOB)" for name in names)
        found[table] = raw.execute(f"SELECT {columns} FROM {table} ORDER BY rowid").fetchall()  # noqa: S608
    raw.close()
    return found


@needs_real_data
@pytest.mark.sqlite
def test_an_sqlite_database_of_a_real_engine_keeps_every_byte(tmp_path: Path, django_db_blocker: Any) -> None:
    path = tmp_path / "engine.sqlite3"
    shutil.copy(FOLDER / "choreo.sqlite3", path)
    before = sqlite_bytes(path)
    with django_db_blocker.unblock(), second_database(str(path)) as alias:
        assert write_back(alias) == sum(map(len, before.values())) > 1_000
    assert sqlite_bytes(path) == before


def restore(target: Any) -> None:
    """Run a dump of pg_dump, COPY blocks included."""
    dump = PSQL_COMMAND.sub("", (FOLDER / "choreo.pg.sql").read_text(encoding="utf-8"))
    position = 0
    for block in COPY_BLOCK.finditer(dump):
        target.execute(dump[position : block.start()].encode())
        with target.cursor().copy(block[1].rstrip(";").encode()) as copy:
            copy.write(block[2])
        position = block.end()
    target.execute(dump[position:].encode())


def postgresql_texts(target: Any) -> dict[str, list[Any]]:
    """Each row as PostgreSQL spells it."""
    tables = [model._meta.db_table for model in MODELS]
    return {
        table: target.execute(f"SELECT t::text FROM public.{table} AS t ORDER BY id").fetchall()  # noqa: S608
        for table in tables
    }


@needs_real_data
@pytest.mark.postgresql
def test_a_postgresql_database_of_a_real_engine_keeps_every_value(django_db_blocker: Any) -> None:
    with fresh_database("real") as target:
        restore(target)
        before = postgresql_texts(target)
        with django_db_blocker.unblock(), second_database(target.info.dbname) as alias:
            assert write_back(alias) == sum(map(len, before.values())) > 500
        assert postgresql_texts(target) == before
