"""Connections that are kept, and one request on each again and again.

Python's own client would take longer than the engine's server.
"""

import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

WARM_UP = 10

Headers = Mapping[str, str]


class Wire:
    """One connection."""

    def __init__(self, port: int, path: str, headers: Headers) -> None:
        lines = [f"GET {path} HTTP/1.1", f"Host: localhost:{port}", *map(": ".join, headers.items())]
        self.request = "\r\n".join([*lines, "", ""]).encode()
        self.port, self.path = port, path
        self.open()

    def open(self) -> None:
        """Connect."""
        self.socket = socket.create_connection(("127.0.0.1", self.port))

    def ask(self) -> None:
        """Send it and read the whole answer; AssertionError unless it is a 200."""
        try:
            self.exchange()
        except ConnectionError:  # a server closes what rests for two seconds
            self.socket.close()
            self.open()
            self.exchange()

    def exchange(self) -> None:
        """One request on this connection."""
        self.socket.sendall(self.request)
        found = b""
        while b"\r\n\r\n" not in found:
            found += self.receive()
        head, _, body = found.partition(b"\r\n\r\n")
        if b" 200 " not in head[:16]:
            raise AssertionError(f"{self.path} answered {head[:200]!r}")
        missing = length_of(head) - len(body)
        while missing > 0:
            missing -= len(self.receive())

    def receive(self) -> bytes:
        """What has come."""
        part = self.socket.recv(262_144)
        if not part:
            raise ConnectionError(f"{self.path}: the server closed the connection")
        return part

    def warm(self) -> None:
        """Let the server fill its caches."""
        for _ in range(WARM_UP):
            self.ask()

    def seconds(self, until: float) -> list[float]:
        """Ask until that moment; how long each request took."""
        found = []
        while (begun := perf_counter()) < until:
            self.ask()
            found.append(perf_counter() - begun)
        return found


def length_of(head: bytes) -> int:
    """The length that the answer's head announces."""
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise AssertionError(f"no length: {head!r}")


def ask_together(port: int, path: str, headers: Headers, *, connections: int, seconds: float) -> list[float]:
    """Ask on so many connections at once for a while; how long each request took."""
    wires = [Wire(port, path, headers) for _ in range(connections)]
    try:
        with ThreadPoolExecutor(connections) as pool:
            list(pool.map(Wire.warm, wires))
            until = perf_counter() + seconds
            found = list(pool.map(lambda wire: wire.seconds(until), wires))
    finally:
        for wire in wires:
            wire.socket.close()
    return [one for some in found for one in some]
