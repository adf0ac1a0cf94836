"""Databases beside the test's own: fresh ones on the same PostgreSQL server."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection
from psycopg import sql


def connect(name: str) -> psycopg.Connection[tuple[object, ...]]:
    """A connection of its own, autocommit, to a database of the tests' PostgreSQL server."""
    known = connection.get_connection_params()
    kept = {key: known[key] for key in ("host", "port", "user", "password") if known.get(key)}
    return psycopg.connect(**kept, dbname=name, autocommit=True)


@contextmanager
def fresh_database(purpose: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """An empty database, named after the test database and the purpose; dropped afterwards."""
    name = f"{connection.settings_dict['NAME']}_{purpose}"
    with connect("postgres") as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            with connect(name) as fresh:
                yield fresh
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
