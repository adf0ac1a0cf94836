"""The demo comes up, refuses what it can't do, stops without a trace and comes up again."""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.sqlite
ROOT = Path(__file__).parents[2]
LEFT_OUT = shutil.ignore_patterns(".*", "var", "static-root", "tests", "docs", "__pycache__")
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("CONSOLE_", "PORT"))}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the console, whose demo is its own."""
    return Path(shutil.copytree(ROOT, tmp_path / "console", ignore=LEFT_OUT))


def start(folder: Path, port: int) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own
        [sys.executable, "manage.py", "demo", "--port", str(port), "--runs", "300"],
        cwd=folder,
        env=ENVIRONMENT | {"DJANGO_SETTINGS_MODULE": "console.settings"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@pytest.fixture
def started(folder: Path) -> Iterator[list[subprocess.Popen[str]]]:
    """Whatever a test starts is gone after it."""
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        if process.poll() is None:
            process.kill()
            process.wait()
    for pid in those_in(folder):
        os.kill(pid, signal.SIGKILL)


def those_in(folder: Path) -> list[int]:
    """The processes that work in the folder, whoever started them."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdecimal() and (entry / "cwd").readlink() == folder:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(process: subprocess.Popen[str], port: int) -> None:
    while process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/login").close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"The demo ended: {process.communicate()[0]}")


def stop(process: subprocess.Popen[str]) -> str:
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate()
    return said


def runs_before(folder: Path, moment: str) -> int:
    with sqlite3.connect(folder / "var" / "demo.sqlite3") as database:
        query = "SELECT count(*) FROM function_runs WHERE created_at < ?"
        return int(database.execute(query, [moment]).fetchone()[0])


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="looks for left-over processes in /proc")
def test_the_demo_comes_up_stops_without_a_trace_goes_on_with_its_data_and_ends_with_its_processes(
    folder: Path, started: list[subprocess.Popen[str]]
) -> None:
    port = free_port()
    first = start(folder, port)
    started.append(first)
    wait_for(first, port)
    again = start(folder, free_port())
    started.append(again)
    assert "already running" in again.communicate()[0]
    said = stop(first)
    assert first.returncode == 0, said
    assert f"http://localhost:{port}" in said
    assert "password demo" in said
    assert those_in(folder) == []

    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
    kept = runs_before(folder, moment)
    second = start(folder, port)
    started.append(second)
    wait_for(second, port)
    [engine] = [pid for pid in those_in(folder) if b"simulate" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    os.kill(engine, signal.SIGKILL)
    said, _ = second.communicate()
    assert second.returncode == 1
    assert "One of the processes exited" in said
    assert "Seeding" not in said
    assert those_in(folder) == []
    assert runs_before(folder, moment) == kept >= 300


def test_a_port_in_use_is_named_before_anything_is_made(
    folder: Path, started: list[subprocess.Popen[str]]
) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = int(listener.getsockname()[1])
        process = start(folder, port)
        started.append(process)
        said, _ = process.communicate()
    assert process.returncode == 1
    assert f"Port {port}" in said
    assert f"PORT={port + 1}" in said
    assert not (folder / "var" / "demo.sqlite3").exists()
