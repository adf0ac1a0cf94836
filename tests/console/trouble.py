"""Taking the database away from this process, and giving it back."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


def break_database() -> None:
    """From now on the database can't be reached: no such file, nobody at the port."""
    connection.close()
    if connection.vendor == "sqlite":
        connection.settings_dict["NAME"] = "/no/such/folder/engine.sqlite3"
    else:
        connection.settings_dict |= {"HOST": "127.0.0.1", "PORT": "1"}


@contextmanager
def restored() -> Iterator[None]:
    """Whatever happens to the connection inside, afterwards all is as before."""
    known = dict(connection.settings_dict)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict |= known
