"""Gunicorn as it is deployed, on the tests' own database."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

from django.conf import settings
from django.db import connection

from tests.chaos.stage import free_port
from tests.console.fresh import address

PATIENCE = 40


@dataclass(frozen=True)
class Answer:
    """What came back, and how long it took."""

    status: int
    text: str
    seconds: float


@dataclass
class Web:
    """One process with a few threads, listening."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        """One request on a connection of its own."""
        begun = time.monotonic()
        wire = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            told["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        try:
            wire.request(method, path, body, told)
            answer = wire.getresponse()
            return Answer(answer.status, answer.read().decode(), time.monotonic() - begun)
        finally:
            wire.close()

    def send(self, raw: bytes) -> bytes:
        """What comes back for these bytes, until the server closes."""
        with self.open(raw) as sock:
            sock.settimeout(PATIENCE)
            found = b""
            while part := sock.recv(65_536):
                found += part
            return found

    def open(self, raw: bytes) -> socket.socket:
        """A connection on which so much was sent."""
        sock = socket.create_connection(("127.0.0.1", self.port))
        sock.sendall(raw)
        return sock


@contextmanager
def web(
    url: str = "", *, threads: int = 2, root: Path = settings.BASE_DIR, **environment: str
) -> Iterator[Web]:
    """Gunicorn with its own configuration, fewer processes and threads."""
    port = free_port()
    known = {name: value for name, value in os.environ.items() if not name.startswith("CONSOLE_")}
    ours = {
        "CONSOLE_DATABASE_URL": url or own_address(),
        "CONSOLE_SECRET_KEY": settings.SECRET_KEY,
        "CONSOLE_BROKER_URL": "memory://",
        "CONSOLE_DEBUG": "on",
        "CONSOLE_LOG_LEVEL": "CRITICAL",
        "WEB_CONCURRENCY": "1",
        "PORT": str(port),
    }
    command = [sys.executable, "-m", "gunicorn", "console.wsgi", "--threads", str(threads)]
    process = subprocess.Popen(  # noqa: S603 - our own words
        command, cwd=root, env=known | ours | environment, start_new_session=True
    )
    try:
        wait_for(port, process)
        yield Web(port)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def own_address() -> str:
    """The address of the database of this test."""
    name = str(connection.settings_dict["NAME"])
    return f"sqlite:///{Path(name)}" if connection.vendor == "sqlite" else address(name)


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until it answers."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if Web(port).ask("/healthz").status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("gunicorn did not start")
