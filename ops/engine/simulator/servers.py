"""Chooses the server for a database."""

from random import Random

from django.db.backends.base.base import BaseDatabaseWrapper

from ops.engine.simulator.postgresql import PostgresqlServer
from ops.engine.simulator.server import Server
from ops.engine.simulator.sqlite import SqliteServer


def server_on(connection: BaseDatabaseWrapper, random: Random | None = None) -> Server:
    """A server on the connection; NotOurs unless the simulator made the database."""
    kind = PostgresqlServer if connection.vendor == "postgresql" else SqliteServer
    return kind(connection, random)
