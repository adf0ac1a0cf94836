"""The processes of a deployment, each of which can be killed and started again."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

PYTHON = sys.executable
CELERY = (PYTHON, "-m", "celery", "-A", "console", "--quiet")
QUIET = ("--loglevel", "ERROR")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Part:
    """One process with its children, in a group of its own."""

    def __init__(self, name: str, command: tuple[str, ...], env: Mapping[str, str], user: str = "") -> None:
        self.name, self.command, self.env, self.user = name, command, dict(env), user
        self.process: subprocess.Popen[bytes] | None = None
        self.deaths = 0

    def start(self) -> None:
        """Begin, in a group of its own."""
        log = (Path(self.env["CHAOS_FOLDER"]) / f"{self.name}.log").open("ab")
        self.process = subprocess.Popen(  # noqa: S603 - our own commands
            self.command,
            env=self.env,
            stdout=log,
            stderr=log,
            start_new_session=True,
            user=self.user or None,
        )
        log.close()

    def kill(self) -> None:
        """kill -9 of the whole group."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def die(self) -> None:
        """Killed, and started again."""
        self.kill()
        self.deaths += 1
        self.start()

    def tend(self) -> None:
        """Start it again if it has ended by itself, as a supervisor does."""
        if self.process is not None and self.process.poll() is not None:
            self.start()


class Postgresql(Part):
    """A server with a data folder of its own."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.port, self.data = free_port(), folder / "postgresql"
        self.bin = max(Path("/usr/lib/postgresql").glob("*/bin"))
        user = "nobody" if os.getuid() == 0 else ""
        options = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories="
        super().__init__(
            "database", (str(self.bin / "postgres"), "-D", str(self.data), *options.split()), env, user
        )

    @property
    def url(self) -> str:
        """Of the database `postgres`."""
        return f"postgresql://console@127.0.0.1:{self.port}/postgres"

    def make(self) -> None:
        """An empty server that answers."""
        self.data.mkdir()
        if self.user:
            shutil.chown(self.data, self.user)
        command = (str(self.bin / "initdb"), "-D", str(self.data), "-U", "console", "-A", "trust")
        subprocess.run(command, check=True, capture_output=True, user=self.user or None)  # noqa: S603 - our own
        self.start()
        self.wait()

    def die(self) -> None:
        """The next server begins only when every process of the last one is gone."""
        super().die()
        self.wait()

    def wait(self) -> None:
        """Until it answers; a server that found the last one's memory in use is started again."""
        ready = (str(self.bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port))
        while subprocess.run(ready, check=False).returncode:  # noqa: S603 - our own
            time.sleep(0.2)
            if self.process is None or self.process.poll() is not None:
                self.start()


class FileBroker(Part):
    """No process: what dies is the file, with every task in it, and everything that has it open."""

    def __init__(self, file: Path, users: Sequence[Part]) -> None:
        super().__init__("broker", (), users[0].env)
        self.file, self.users = file, users

    def start(self) -> None:
        """Whoever needs the file makes it."""

    def kill(self) -> None:
        """Without a trace."""
        for path in self.file.parent.glob(f"{self.file.name}*"):
            path.unlink(missing_ok=True)

    def die(self) -> None:
        """With everything that would go on writing to a file that has no name any more."""
        for user in self.users:
            user.kill()
        super().die()
        for user in self.users:
            user.start()


def parts_of(env: Mapping[str, str], web_port: int, broker: tuple[str, ...]) -> dict[str, Part]:
    """Worker, schedule, web server, engine and broker."""
    bind = ("--bind", f"127.0.0.1:{web_port}", "--workers", "2", "--log-level", "error")
    worker = Part("worker", (*CELERY, "worker", "--pool", "solo", *QUIET), env)
    beat = Part(
        "beat", (*CELERY, "beat", "--pidfile=", "--schedule", f"{env['CHAOS_FOLDER']}/beat", *QUIET), env
    )
    web = Part("web", (PYTHON, "-m", "gunicorn", "console.wsgi", *bind), env)
    engine = Part("engine", (PYTHON, "manage.py", "simulate", "live", "--rate", "5"), env)
    file = Path(env["CHAOS_FOLDER"]) / "broker.sqlite3"
    carrier = Part("broker", broker, env) if broker else FileBroker(file, (worker, beat, web))
    return {part.name: part for part in (carrier, worker, beat, web, engine)}
