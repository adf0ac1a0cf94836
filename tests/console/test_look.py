"""A first look at an engine's database: it asks before it writes, and lets nobody in afterwards."""

import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from tests.chaos.stage import free_port
from tests.console.fresh import database, manage
from tests.engine.databases import connect

pytestmark = pytest.mark.django_db(transaction=True)


def content_of(url: str) -> Any:
    """All of SQLite's file, or PostgreSQL's tables."""
    if connection.vendor == "sqlite":
        return Path(url.removeprefix("sqlite:///")).read_bytes()
    with connect(url.rpartition("/")[2]) as wire:
        return wire.execute("SELECT schemaname, tablename FROM pg_tables ORDER BY 1, 2").fetchall()


def look(folder: Path, url: str, port: int, *more: str) -> subprocess.Popen[str]:
    """`manage.py look`, whose files go into the test's folder."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("CONSOLE_")}
    return subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "manage.py", "look", url, "--port", str(port), *more],
        cwd=settings.BASE_DIR,
        env=known | {"CONSOLE_VAR": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def told_by(folder: Path, url: str, *more: str) -> tuple[int, str]:
    """Exit code and all it says when it doesn't come up."""
    process = look(folder, url, free_port(), *more)
    return process.wait(timeout=120), process.communicate()[0]


def wait_for(process: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/login").close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    process.kill()
    pytest.fail(f"It ended: {process.communicate()[0]}")


def signs_in(port: int, password: str) -> bool:
    """Whether the account gets to the runs."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    page = browser.open(f"http://127.0.0.1:{port}/login").read().decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert found
    form = {"csrfmiddlewaretoken": found[1], "username": "look", "password": password, "next": "/runs"}
    answer = browser.open(f"http://127.0.0.1:{port}/login", urllib.parse.urlencode(form).encode())
    return bool(answer.geturl().endswith("/runs"))


def test_nothing_is_written_without_a_yes(tmp_path: Path) -> None:
    with database(tmp_path, with_engine=True) as url:
        before = content_of(url)
        code, told = told_by(tmp_path, url)
        assert (code, content_of(url) == before) == (1, True)
    assert "change none of the engine's" in told
    assert "Nothing was changed. To agree to that, say --yes." in told


def test_a_database_without_an_engine_is_refused(tmp_path: Path) -> None:
    with database(tmp_path, with_engine=False) as url:
        code, told = told_by(tmp_path, url, "--yes")
    assert (code, "There are no tables of a Choreo engine in this database." in told) == (1, True)


def test_one_command_brings_up_a_safe_console_and_takes_it_away_again(tmp_path: Path) -> None:
    port = free_port()
    with database(tmp_path, with_engine=True) as url:
        process = look(tmp_path, url, port, "--yes")
        try:
            wait_for(process, port)
            with pytest.raises(urllib.error.HTTPError) as missing:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/nothing")
            assert "DEBUG" not in missing.value.read().decode()
            assert process.stdout
            told = ""
            while "role" not in told:
                told += process.stdout.readline()
            found = re.search(r"Sign in as look, password (\S+), role Viewer", told)
            assert found, told
            assert signs_in(port, found[1])
        finally:
            process.terminate()
            rest, _ = process.communicate(timeout=60)
        assert process.returncode == 0, told + rest
        code, said = manage(
            url,
            "shell",
            "-c",
            "from django.contrib.auth import get_user_model as m;"
            "p = m().objects.get(username='look'); print(p.is_active, p.has_usable_password())",
        )
    assert (code, said.strip().splitlines()[-1]) == (0, "False False")
