"""The demo's database: made once, kept between runs."""

import fcntl
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, connections

from ops.health import measurements

EXTENSIONS = ("indexes", "guard")
Say = Callable[[str], object]


def make(say: Say, *, runs: int) -> None:
    """A past, the console's tables, the extensions, the static files; what is there already is kept.

    The database is ours, so the extensions may be installed without asking.
    """
    complete = settings.VAR_DIR / "demo-complete"
    if not complete.exists():
        forget(Path(settings.DATABASES["default"]["NAME"]))
        say(f"Seeding a past: {runs:,} runs of 14 days …")
        quietly("simulate", "seed", "--runs", str(runs))
        complete.touch()
    forget_broker()
    quietly("prepare")
    quietly("engine", "install", *EXTENSIONS)
    quietly("collectstatic", "--no-input")
    measurements.measure_and_keep()  # else the first page warns of a measurement from before the pause
    connections.close_all()


def quietly(*command: str) -> None:
    """A management command of whose remarks only the errors are of interest."""
    call_command(*command, stdout=StringIO())


def forget(database: Path) -> None:
    """Remove what an interrupted start left."""
    connection.close()
    for suffix in ("", "-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)


def forget_broker() -> None:
    """Tasks and schedule of the last time: jobs live in the database, a killed beat leaves a broken file."""
    for path in settings.VAR_DIR.glob("broker.sqlite3*"):
        path.unlink()
    for path in settings.VAR_DIR.glob("celerybeat-schedule*"):
        path.unlink()


@contextmanager
def alone() -> Iterator[None]:
    """One console on the folder: two demos on one database would both play the engine."""
    settings.VAR_DIR.mkdir(exist_ok=True)
    with (settings.VAR_DIR / "demo.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError("The console on this database is already running. Stop it first.") from None
        yield


def require_free(port: int) -> None:
    """Raise CommandError unless a server may listen on the port."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise CommandError(
                f"Port {port} can't be used: {error.strerror}. Choose another: make run PORT={port + 1}"
            ) from None
