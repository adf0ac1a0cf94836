"""What a database error means for the person who asked."""

import sqlite3
from enum import StrEnum

from django.db import Error, InterfaceError, OperationalError


class Trouble(StrEnum):
    """Kinds of trouble that aren't a fault of the console's own SQL."""

    UNREACHABLE = "unreachable"
    BUSY = "busy"
    TIMEOUT = "timeout"
    MISMATCH = "mismatch"


# https://www.postgresql.org/docs/current/errcodes-appendix.html; without a code there was no connection.
POSTGRESQL = {
    "57014": Trouble.TIMEOUT,  # statement_timeout
    "55P03": Trouble.BUSY,  # lock_timeout
    "40001": Trouble.BUSY,
    "40P01": Trouble.BUSY,  # deadlock
    "42P01": Trouble.MISMATCH,  # no such table
    "42703": Trouble.MISMATCH,  # no such column
    "42501": Trouble.MISMATCH,  # no right
}
POSTGRESQL_CLASSES = {"08", "53", "57", "58", "XX"}  # connection, resources, shutdown, system, internal
# https://www.sqlite.org/rescode.html, the lower byte
SQLITE = {
    sqlite3.SQLITE_BUSY: Trouble.BUSY,
    sqlite3.SQLITE_LOCKED: Trouble.BUSY,
    sqlite3.SQLITE_INTERRUPT: Trouble.TIMEOUT,
    sqlite3.SQLITE_ERROR: Trouble.MISMATCH,
    sqlite3.SQLITE_CANTOPEN: Trouble.UNREACHABLE,
    sqlite3.SQLITE_IOERR: Trouble.UNREACHABLE,
    sqlite3.SQLITE_READONLY: Trouble.UNREACHABLE,
    sqlite3.SQLITE_FULL: Trouble.UNREACHABLE,
    sqlite3.SQLITE_NOTADB: Trouble.UNREACHABLE,
    sqlite3.SQLITE_CORRUPT: Trouble.UNREACHABLE,
}


def trouble_of(error: BaseException) -> Trouble | None:
    """The kind of trouble; None for any other error.

    MISMATCH is a guess that the schema check has to confirm: a fault of ours looks the same.
    """
    if not isinstance(error, Error):
        return None
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        return SQLITE.get(getattr(cause, "sqlite_errorcode", -1) & 0xFF)
    code = getattr(cause, "sqlstate", None)
    if code is None:
        return Trouble.UNREACHABLE if isinstance(error, OperationalError | InterfaceError) else None
    return POSTGRESQL.get(code) or (Trouble.UNREACHABLE if code[:2] in POSTGRESQL_CLASSES else None)


ADVICE = {
    Trouble.TIMEOUT: "This took too long. Nothing was changed; narrow the time range, or try again.",
    Trouble.BUSY: "The database is busy. Nothing was changed; try again.",
}


def advice(error: BaseException) -> str | None:
    """What to tell the person in the panel that could not be read; None if the whole page has to say it."""
    trouble = trouble_of(error)
    return ADVICE.get(trouble) if trouble else None
