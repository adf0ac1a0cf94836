"""What hangs without closing costs seconds, never the whole console, and /healthz answers all the while."""

import json
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client

from ops.access.actors import Actor
from ops.access.models import User
from ops.tokens import actions
from tests.engine.databases import connect
from tests.factories import make_run
from tests.people import enter
from tests.processes.hanging import Proxy, silent_server
from tests.processes.web import Answer, Web, web

pytestmark = pytest.mark.django_db(transaction=True)

SYSTEM = Actor(user=None, door="system")
AT_ONCE = 3.0  # seconds, on a machine that has much else to do


def signed_in(server: Web, user: User) -> Web:
    """The same server, asked as that person."""
    cookies = enter(Client(), user).cookies
    return Web(server.port, {name: morsel.value for name, morsel in cookies.items()})


@contextmanager
def at_once(*asked: tuple[Web, str]) -> Iterator[list[Future[Answer]]]:
    """The answers of requests that run meanwhile."""
    with ThreadPoolExecutor(len(asked)) as pool:
        yield [pool.submit(server.ask, path) for server, path in asked]


def is_alive(server: Web) -> bool:
    """Whether /healthz answers without delay."""
    answer = server.ask("/healthz")
    return answer.status == 200 and answer.seconds < AT_ONCE


@pytest.mark.postgresql
def test_a_database_that_hangs_behind_a_warm_pool_costs_seconds(operator: User) -> None:
    with tempfile.TemporaryDirectory() as folder:
        proxy = Proxy(Path(folder))
        with web(proxy.url, CONSOLE_STATEMENT_TIMEOUT_SECONDS="2") as server:
            person = signed_in(server, operator)
            with at_once(*[(person, "/runs")] * 4) as warm:
                pass
            assert {answer.result().status for answer in warm} == {200}
            proxy.flows.clear()
            with at_once(*[(person, "/runs")] * 6) as hanging:
                time.sleep(0.5)
                assert is_alive(server)
                answers = [answer.result() for answer in hanging]
            assert {answer.status for answer in answers} == {503}
            assert max(answer.seconds for answer in answers) < 25
            assert person.ask("/readyz").status == 503
            proxy.flows.set()
            deadline = time.monotonic() + 30
            while person.ask("/runs").status != 200:
                assert time.monotonic() < deadline
                time.sleep(0.2)
        proxy.close()


@pytest.mark.postgresql
def test_a_locked_table_holds_all_threads_but_not_that_of_the_probe(operator: User) -> None:
    with (
        web(CONSOLE_STATEMENT_TIMEOUT_SECONDS="6") as server,
        connect(connection.settings_dict["NAME"]) as other,
    ):
        person = signed_in(server, operator)
        assert person.ask("/runs").status == 200
        with other.transaction():
            other.execute("LOCK TABLE function_runs IN ACCESS EXCLUSIVE MODE")
            with at_once(*[(person, "/runs")] * 4) as waiting:
                time.sleep(0.5)
                assert is_alive(server)
                assert not any(answer.done() for answer in waiting)


def test_half_sent_requests_on_every_thread_leave_the_probe_free() -> None:
    with web() as server:
        head = f"GET /login HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n".encode()
        held = [server.open(head) for _ in range(8)]
        time.sleep(0.5)
        assert is_alive(server)
        assert is_alive(server)
        for sock in held:
            sock.close()


def test_a_probe_sent_by_halves_does_not_hold_the_thread_of_probes() -> None:
    with web() as server:
        head = f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n".encode()
        held = [server.open(head) for _ in range(8)]
        time.sleep(0.3)
        assert is_alive(server)
        for sock in held:
            sock.close()


def test_a_connection_that_says_nothing_more_loses_its_thread() -> None:
    with web(threads=1) as server:
        with server.open(b"GET /login HTTP/1.1\r\n"):
            time.sleep(0.3)
            answer = server.ask("/login")
        assert answer.status == 200
        assert answer.seconds < 15


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_a_broker_that_accepts_and_never_answers_costs_seconds(operator: User, scheme: str) -> None:
    make_run(status="queued")
    _, text = actions.create(user=operator, name="x", days=1, actor=SYSTEM, reason="")
    token = {"Authorization": f"Bearer {text}", "Content_Type": "application/json"}
    with silent_server() as port, web(CONSOLE_BROKER_URL=f"{scheme}://127.0.0.1:{port}//") as server:
        ready = server.ask("/readyz")
        told = json.loads(ready.text)
        assert (ready.status, told["ready"], told["checks"]["broker"]) == (200, True, "unreachable")
        assert told["reasons"]["broker"] == "Jobs and measurements wait until the broker answers."
        assert ("cache" in told["reasons"]) == (scheme == "redis")  # which is the cache as well
        made = server.ask("/api/runs/bulk-cancel", "POST", b'{"all": true}', **token)
        address = json.loads(made.text)["address"]
        confirmed = server.ask(f"{address}/confirm", "POST", b'{"reason": "x"}', **token)
        assert (confirmed.status, json.loads(confirmed.text)["state"]) == (200, "running")
    assert max(answer.seconds for answer in (ready, made, confirmed)) < 10


def test_a_body_that_never_comes_is_no_fault_of_the_console(operator: User) -> None:
    _, text = actions.create(user=operator, name="x", days=1, actor=SYSTEM, reason="")
    about = f"Host: localhost\r\nContent-Length: 100\r\nAuthorization: Bearer {text}\r\nContent-Type:"
    halves = [
        f"POST /login HTTP/1.1\r\n{about} application/x-www-form-urlencoded\r\n\r\nabc".encode(),
        f"POST /api/runs/cancel HTTP/1.1\r\n{about} application/json\r\n\r\n[".encode(),
    ]
    with web() as server, ThreadPoolExecutor(2) as pool:
        for answer in pool.map(server.send, halves):
            assert answer.startswith(b"HTTP/1.1 4")
