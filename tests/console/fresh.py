"""manage.py as an operator runs it: a process of its own, on a database of its own."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from ops.engine.ddl import statements
from tests.engine.databases import fresh_database


def start(url: str, *words: str) -> subprocess.Popen[str]:
    """manage.py with these words, on the database at the address."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("CONSOLE_")}
    return subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "manage.py", *words],
        cwd=settings.BASE_DIR,
        env=known
        | {"CONSOLE_DATABASE_URL": url, "CONSOLE_SECRET_KEY": "fresh", "CONSOLE_BROKER_URL": "memory://"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def manage(url: str, *words: str) -> tuple[int, str]:
    """Exit code and everything printed."""
    process = start(url, *words)
    printed, _ = process.communicate(timeout=120)
    return process.returncode, printed


@contextmanager
def database(folder: Path, *, with_engine: bool, role: str = "") -> Iterator[str]:
    """The address of a fresh database, with the engine's tables if asked for."""
    made = statements(connection) if with_engine else []
    if connection.vendor == "sqlite":
        path = folder / "fresh.sqlite3"
        with sqlite3.connect(path) as file:
            for statement in made:
                file.execute(statement)
        file.close()
        yield f"sqlite:///{path}"
        return
    with fresh_database("fresh") as fresh:
        for statement in made:
            fresh.execute(statement.encode())
        yield address(fresh.info.dbname, role)


def address(name: str, role: str = "") -> str:
    """The address of a database of the tests' PostgreSQL server."""
    known = connection.get_connection_params()
    host, port = quote(str(known.get("host", "")), safe=""), known.get("port")
    return f"postgresql://{role or known['user']}@{host}{f':{port}' if port else ''}/{name}"
