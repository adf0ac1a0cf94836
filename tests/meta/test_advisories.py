"""`make check` fails on a known vulnerability, and only warns where none can be known."""

import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests import advisories

pytestmark = pytest.mark.sqlite
PIN = f"django==5.2.1 \\\n    --hash=sha256:{'0' * 64}\n"
ADVISORY = {
    "id": "PYSEC-2026-1",
    "summary": "Bad",
    "affected": [
        {
            "package": {"name": "django", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "5.2.2"}]}],
            "versions": ["5.2.1"],
        }
    ],
}


class Service(ThreadingHTTPServer):
    """Advisories in OSV's format, on this machine; `answer` None never comes."""

    answer: object = None


class Handler(BaseHTTPRequestHandler):
    """Gives the server's answer to every question."""

    server: Service

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.answer is None:
            time.sleep(3)
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(self.server.answer).encode())

    def log_message(self, *about: object) -> None:
        """Not in the tests' output."""


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.txt"
    path.write_text(PIN, encoding="utf-8")
    return path


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    server = Service(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("PIP_AUDIT_VULNERABILITY_SERVICE", "osv")
    monkeypatch.setenv("PIP_AUDIT_OSV_URL", f"http://127.0.0.1:{server.server_port}/v1/query")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield server
    server.shutdown()
    server.server_close()


def test_a_known_vulnerability_fails_and_is_named_with_its_mend(
    service: Service, lock: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service.answer = {"vulns": [ADVISORY]}
    assert advisories.main(lock) == 1
    assert "django 5.2.1 has the vulnerability PYSEC-2026-1; mended in 5.2.2." in capsys.readouterr().err


def test_nothing_is_said_where_nothing_is_known_to_be_wrong(
    service: Service, lock: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service.answer = {}
    assert advisories.main(lock) == 0
    assert capsys.readouterr().err == ""


def test_a_service_that_is_away_or_silent_is_named_and_fails_nothing(
    service: Service, lock: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    began = time.monotonic()
    assert advisories.main(lock, seconds=1) == 0
    assert time.monotonic() - began < 5
    assert "couldn't be asked" in capsys.readouterr().err

    monkeypatch.setenv("PIP_AUDIT_OSV_URL", "http://127.0.0.1:9/v1/query")
    assert advisories.main(lock) == 0
    assert "couldn't be asked" in capsys.readouterr().err
