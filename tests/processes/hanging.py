"""Servers that take everything and say nothing, as no mock can."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db import connection


@contextmanager
def silent_server() -> Iterator[int]:
    """The port of a server that accepts every connection and never says a word."""
    held: list[socket.socket] = []

    def accept() -> None:
        with suppress(OSError):
            while True:
                held.append(listener.accept()[0])

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield int(listener.getsockname()[1])
    for one in held:
        one.close()


class Proxy:
    """Stands before the tests' PostgreSQL, and may keep to itself what it took, without closing anything."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.known = connection.get_connection_params()
        self.flows = threading.Event()
        self.flows.set()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(folder / ".s.PGSQL.5432"))
        self.listener.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def url(self) -> str:
        """The address of the test's database behind it."""
        name, user = connection.settings_dict["NAME"], self.known["user"]
        return f"postgresql://{user}@{quote(str(self.folder), safe='')}/{name}"

    def accept(self) -> None:
        """A pair of pipes for each connection."""
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = self.connected()
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self.carry, args=pair, daemon=True).start()

    def connected(self) -> Any:
        """A connection to the real server."""
        host, port = str(self.known.get("host") or "localhost"), int(self.known.get("port") or 5432)
        if not host.startswith("/"):
            return socket.create_connection((host, port))
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{host}/.s.PGSQL.{port}")
        return server

    def carry(self, source: socket.socket, target: socket.socket) -> None:
        """Pass on what comes, while it flows."""
        with suppress(OSError):
            while part := source.recv(65_536):
                self.flows.wait()
                target.sendall(part)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of everything."""
        self.flows.set()
        self.listener.close()
