"""What the test client can't send: requests as raw bytes, to gunicorn as it is deployed."""

from collections.abc import Iterator
from random import Random

import pytest

from tests.fuzz import doors, values
from tests.processes.web import Web, web

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"
# Headers that steer gunicorn, or that a proxy in front would have set.
STEERING = (
    "SCRIPT_NAME",
    "PATH_INFO",
    "X-Forwarded-Proto",
    "X-Forwarded-Ssl",
    "X-Forwarded-Protocol",
    "Forwarded",
)
COUNT = 300
LINES = (
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    b"CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    b"GET /\xff\xfe%00%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\nConnection: close\r\n\r\n",
    b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",  # noqa: E501
    b"POST /api/jobs/1/stop HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
)


@pytest.fixture(scope="module")
def server(django_db_setup: None) -> Iterator[Web]:
    with web() as found:
        yield found


def status_of(answer: bytes) -> int:
    """The status line's; 0 when the connection was closed without a word."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 0


def request(path: str, headers: dict[str, str], body: bytes = b"", method: str = "GET") -> bytes:
    """The bytes of one request after which the server closes."""
    told = {"Host": "localhost", "Connection": "close", "Content-Length": str(len(body))} | headers
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


@pytest.mark.parametrize("name", STEERING)
def test_headers_of_proxies_steer_nothing(server: Web, name: str) -> None:
    for value in ("/x", "/login", "https", "on", "for=x", "\xff"):
        answer = server.send(request("/login", {name: value}))
        assert status_of(answer) in {200, 400}, (name, value, answer[:300])


@pytest.mark.parametrize("charset", ["utf-16", "zlib", "base64", "undefined", "nothing", "\xff"])
def test_the_charset_of_no_body_does_not_decide_how_an_address_is_read(server: Web, charset: str) -> None:
    answer = server.send(request("/login?next=%C3%A9", {"Content-Type": f"{FORM}; charset={charset}"}))
    assert status_of(answer) == 200
    assert 'value="é"'.encode() in answer


@pytest.mark.parametrize("charset", ["utf-16", "zlib", "undefined", "nothing"])
def test_415_for_a_body_that_is_not_in_utf8(server: Web, charset: str) -> None:
    about = {"Content-Type": f"{FORM}; charset={charset}"}
    assert status_of(server.send(request("/login", about, b"username=x", "POST"))) == 415


def test_413_before_the_body_is_sent(server: Web) -> None:
    answer = server.send(request("/login", {"Content-Length": "30000000"}, b"username=", "POST"))
    assert status_of(answer) == 413


def test_411_for_a_body_in_chunks(server: Web) -> None:
    about = {"Transfer-Encoding": "chunked", "Content-Type": FORM}
    raw = request("/login", about, b"1\r\na\r\n0\r\n\r\n", "POST").replace(b"Content-Length: 10\r\n", b"")
    assert status_of(server.send(raw)) in {400, 411}


@pytest.mark.parametrize("raw", LINES)
def test_a_request_that_is_none_is_no_fault_of_the_console(server: Web, raw: bytes) -> None:
    assert status_of(server.send(raw)) in {*range(500), 505}


def test_no_header_on_the_wire_makes_a_5xx(server: Web) -> None:
    random = Random(8)  # noqa: S311 - no secret
    names = (*doors.own_headers(), *doors.LIBRARY_HEADERS, *STEERING)
    paths = [door.path for door in doors.doors() if not {"<", "("} & set(door.path)]
    found = []
    for _ in range(COUNT):
        some = random.sample(names, 3)
        wild = {name: values.sendable(values.text(random, ("x",))) for name in some}
        raw = request(f"/{random.choice(paths)}", wild, method=random.choice(("GET", "POST")))
        # gunicorn itself says 501 to a coding that it doesn't know.
        if status_of(answer := server.send(raw)) >= 500 and "Transfer-Encoding" not in wild:
            found.append((raw[:600], answer[:200]))
    assert not found
