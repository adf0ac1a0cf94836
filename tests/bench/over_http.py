"""Requests over HTTP: gunicorn as it is deployed, beside another commit's and the engine's own server.

BENCH_BASELINE names a checkout of another commit. It fills a database of its own with as many runs, and both
are asked in turns, so that what else the machine does slows both. CHOREO_BIN names the engine's server.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection

from tests.bench.stopwatch import at
from tests.bench.wire import Headers, ask_together
from tests.engine.contract.real import running, url
from tests.processes.web import web

CONNECTIONS = (1, 8)
ROUNDS, SECONDS = 3, 1.0
# What gunicorn.conf.py says, whatever the environment of the measurement says.
PROCESSES, THREADS = 2, 8
RUN_WITH_STEPS = """
import django
django.setup()
from tests.bench.cases import run_with_steps
print(run_with_steps(50).pk)
"""


@dataclass(frozen=True)
class Service:
    """How so many connections were answered: milliseconds, and requests per second."""

    median: float
    p95: float
    rate: float


@dataclass(frozen=True)
class Question:
    """An address of a server, and who asks."""

    name: str
    port: int
    path: str
    headers: Headers

    def seconds(self, connections: int) -> list[float]:
        """How long each request took for a while."""
        return ask_together(self.port, self.path, self.headers, connections=connections, seconds=SECONDS)


@dataclass(frozen=True)
class Checkout:
    """The console as one commit has it, on a database of its own."""

    root: Path
    database: str

    def fill(self, runs: int) -> None:
        """Seed it and install what an operator would."""
        self.python("manage.py", "simulate", "seed", "--lean", "--runs", str(runs))
        self.python("manage.py", "prepare")
        self.python("manage.py", "engine", "install", "indexes", "guard")

    def python(self, *words: str) -> str:
        """What its Python prints last."""
        environment = os.environ | {"CONSOLE_DATABASE_URL": self.database}
        done = subprocess.run(  # noqa: S603 - ours
            [sys.executable, *words], cwd=self.root, env=environment, stdout=subprocess.PIPE, check=True
        )
        return (done.stdout.decode().split() or [""])[-1]

    @contextmanager
    def questions(self) -> Iterator[list[Question]]:
        """What is asked while its server runs."""
        deployed = {
            "CONSOLE_DEBUG": "off",
            "CONSOLE_LOG_LEVEL": "ERROR",
            "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
            "WEB_CONCURRENCY": str(PROCESSES),
        }
        token = self.python("manage.py", "token", "create", "--user", "operator", "--name", "bench")
        bearer, run = {"Authorization": f"Bearer {token}"}, self.python("-c", RUN_WITH_STEPS)
        with web(self.database, threads=THREADS, root=self.root, **deployed) as server:
            port, person = server.port, signed_in(server.port)
            yield [
                Question("GET /api/runs?limit=50", port, "/api/runs?limit=50", bearer),
                Question("GET /api/runs?limit=1", port, "/api/runs?limit=1", bearer),
                Question("GET /runs", port, "/runs", person),
                Question("GET /runs/…, 50 steps", port, f"/runs/{run}", person),
            ]


def signed_in(port: int) -> Headers:
    """The cookies of an operator's browser."""
    cookies: SimpleCookie = SimpleCookie()
    form: dict[str, str] = {}
    for method in ("GET", "POST"):
        wire = HTTPConnection("127.0.0.1", port)
        known = {"Cookie": spelled(cookies), "Content-Type": "application/x-www-form-urlencoded"}
        wire.request(method, "/login", urlencode(form) if form else None, known)
        answer = wire.getresponse()
        for line in answer.headers.get_all("Set-Cookie", []):
            cookies.load(line)
        form = {
            "username": "operator",
            "password": "demo",
            "csrfmiddlewaretoken": cookies[settings.CSRF_COOKIE_NAME].value,
        }
        wire.close()
    return {"Cookie": spelled(cookies)}


def spelled(cookies: SimpleCookie) -> str:
    """The header's value."""
    return "; ".join(f"{name}={one.value}" for name, one in cookies.items())


def measured(runs: int) -> list[dict[str, Any]]:
    """A row for each question and number of connections."""
    ours = Checkout(settings.BASE_DIR, os.environ["CONSOLE_DATABASE_URL"])
    with ExitStack() as stack:
        questions = stack.enter_context(ours.questions())
        before = stack.enter_context(baseline(runs))
        rows = [row for pair in pairs(questions, before) for row in asked(*pair)]
    if binary := os.environ.get("CHOREO_BIN"):
        with engine(binary) as questions:
            rows += [row for question in questions for row in asked(question, None)]
    return rows


def pairs(ours: list[Question], theirs: list[Question]) -> Iterator[tuple[Question, Question | None]]:
    """Each question with the same of the baseline, if there is one."""
    known = {question.name: question for question in theirs}
    for question in ours:
        yield question, known.get(question.name)


def asked(ours: Question, theirs: Question | None) -> Iterator[dict[str, Any]]:
    """In turns, with each number of connections."""
    for connections in CONNECTIONS:
        both: list[list[float]] = [[], []]
        for _ in range(ROUNDS):
            for seconds, question in zip(both, (ours, theirs), strict=True):
                seconds += question.seconds(connections) if question else []
        found = [service(seconds) if seconds else None for seconds in both]
        sys.stderr.write(f"  HTTP: {ours.name}, {connections}: {found[0]} {found[1] or ''}\n")
        now, before = (asdict(one) if one else None for one in found)
        yield {"question": ours.name, "connections": connections, "now": now, "before": before}


def service(seconds: list[float]) -> Service:
    """The figures of some rounds."""
    return Service(median(seconds) * 1000, at(seconds, 95), len(seconds) / (ROUNDS * SECONDS))


@contextmanager
def baseline(runs: int) -> Iterator[list[Question]]:
    """The questions to the other commit, on a database beside ours; none if no checkout is named."""
    root = os.environ.get("BENCH_BASELINE")
    if not root:
        yield []
        return
    database, remove = beside(os.environ["CONSOLE_DATABASE_URL"])
    checkout = Checkout(Path(root), database)
    try:
        checkout.fill(runs)
        with checkout.questions() as questions:
            yield questions
    finally:
        remove()


def beside(address: str) -> tuple[str, Callable[[], object]]:
    """The address of a new database, and what removes it."""
    if connection.vendor == "sqlite":
        path = Path(f"{connection.settings_dict['NAME']}.baseline")
        return f"sqlite:///{path}", lambda: path.unlink(missing_ok=True)
    execute("CREATE DATABASE baseline")
    return f"{address.rpartition('/')[0]}/baseline", lambda: execute("DROP DATABASE baseline WITH (FORCE)")


def execute(statement: str) -> None:
    """Outside of any transaction."""
    with connection.cursor() as cursor:
        cursor.execute(statement)


@contextmanager
def engine(binary: str) -> Iterator[list[Question]]:
    """The questions to the engine's own server on the same database."""
    name = str(connection.settings_dict["NAME"])
    is_file = connection.vendor == "sqlite"
    named = {"TYPE": "sqlite", "PATH": name} if is_file else {"TYPE": "postgres", "URL": url(name)}
    with tempfile.TemporaryDirectory() as folder, running(binary, Path(folder), named) as address:
        port = int(address.rpartition(":")[2])
        limits = (50, 1)
        yield [
            Question(f"the engine's GET /runs?limit={limit}", port, f"/runs?limit={limit}", {})
            for limit in limits
        ]
