"""SQLite makes an empty database where its file is missing; beside an engine that must not happen.

Whoever put the moved file back would find the new one's log beside it, which belongs to another database.
"""

from pathlib import Path

from django.db import OperationalError, connection


def require_file() -> None:
    """Raise OperationalError when SQLite's file isn't there; ask before the connection opens."""
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
        raise OperationalError("unable to open database file")
