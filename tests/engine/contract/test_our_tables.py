"""The real server starts on the tables that we make, and works on them."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from ops.engine.ddl import statements
from tests.engine.contract.client import leased
from tests.engine.contract.conftest import NO_BINARY
from tests.engine.contract.real import RealEngine, running, url
from tests.engine.databases import fresh_database

needs_binary = pytest.mark.skipif("CHOREO_BIN" not in os.environ, reason=NO_BINARY)


def works(database: Any, folder: Path, **named: str) -> bool:
    for statement in statements(connection):
        database.execute(statement)
    with running(os.environ["CHOREO_BIN"], folder, named) as address:
        engine = RealEngine(address, connection.vendor, database)
        run_id = leased(engine)
        return bool(engine.complete(run_id, {"ok": True})["status"] == "completed")


@needs_binary
@pytest.mark.sqlite
def test_the_server_starts_on_our_sqlite_tables(db: None, tmp_path: Path) -> None:
    path = tmp_path / "ours.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        assert works(database, tmp_path, TYPE="sqlite", PATH=str(path))


@needs_binary
@pytest.mark.postgresql
def test_the_server_starts_on_our_postgresql_tables(db: None, tmp_path: Path) -> None:
    with fresh_database("ours") as database:
        assert works(database, tmp_path, TYPE="postgres", URL=url(database.info.dbname))
