"""A real Redis of a test's own."""

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from tests.chaos.stage import free_port

BINARY = shutil.which("redis-server")
needs_redis = pytest.mark.skipif(BINARY is None, reason="there is no redis-server on this machine")


class Server:
    """One that can hang, die and come back at the same address."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.client = Redis(port=self.port, socket_timeout=5)
        self.start()

    def start(self) -> None:
        """Up, and answering."""
        command = [str(BINARY), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir"]
        command += [str(self.folder), "--loglevel", "warning"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - our own words
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                if self.client.ping():
                    return
            except RedisError:
                time.sleep(0.05)
        pytest.fail("Redis did not start")

    def hang(self) -> None:
        """Takes everything and says nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Answers again."""
        self.process.send_signal(signal.SIGCONT)

    def die(self) -> None:
        """Gone with everything that it kept."""
        self.process.kill()
        self.process.wait()


@contextmanager
def redis_server(folder: Path) -> Iterator[Server]:
    """An empty one."""
    server = Server(folder)
    try:
        yield server
    finally:
        server.client.close()
        server.die()
