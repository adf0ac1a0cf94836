"""Short transactions that are tried again while somebody else holds the table."""

from collections.abc import Callable, Sequence
from time import sleep
from typing import Any

from django.db import OperationalError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from ops.platform.database_errors import Trouble, trouble_of

Say = Callable[[str], object]

ATTEMPTS = 15
PAUSE = 1.0


def execute(connection: BaseDatabaseWrapper, statement: str, *parameters: Any) -> object:
    """Run one statement; answers the first value if there is one."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def patiently(connection: BaseDatabaseWrapper, statements: Sequence[str], say: Say) -> None:
    """The statements in one transaction; tried again, with pauses in which the engine goes on.

    Raises OperationalError when the lock was not had after all attempts.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic(connection.alias):
                for statement in statements:
                    execute(connection, statement)
            return
        except OperationalError as error:
            if trouble_of(error) != Trouble.BUSY or attempt == ATTEMPTS:
                raise
            say(f"the table is locked, trying again ({attempt + 1} of {ATTEMPTS})")
            sleep(PAUSE)
