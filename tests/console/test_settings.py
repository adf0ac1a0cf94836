"""The settings that the deployment guide lists are those that the console reads."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAME = re.compile(r"CONSOLE_[A-Z]+(?:_[A-Z]+)*")


def run(**environment: str) -> subprocess.CompletedProcess[str]:
    """Start Django with nothing but these settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CONSOLE_")}
    return subprocess.run(
        [sys.executable, "-c", "import django; django.setup()"],
        cwd=ROOT,
        env=kept | {"DJANGO_SETTINGS_MODULE": "console.settings"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_deployment_guide_lists_every_setting_and_no_other() -> None:
    read = set(NAME.findall((ROOT / "console" / "settings.py").read_text(encoding="utf-8")))
    guide = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    listed = set(re.findall(rf"^\| `({NAME.pattern})`", guide, re.MULTILINE))
    assert read == listed


def test_without_a_key_only_the_demo_starts(tmp_path: Path) -> None:
    ended = run(CONSOLE_DATABASE_URL=f"sqlite:///{tmp_path}/other.sqlite3")
    assert ended.returncode != 0
    assert "Set CONSOLE_SECRET_KEY" in ended.stderr


def test_another_kind_of_database_is_refused_by_name() -> None:
    ended = run(CONSOLE_DATABASE_URL="mysql://localhost/choreo", CONSOLE_SECRET_KEY="x" * 50)
    assert ended.returncode != 0
    assert "CONSOLE_DATABASE_URL must begin with sqlite:/// or postgresql://" in ended.stderr


def test_drafts_of_jobs_are_kept_for_an_hour_at_least() -> None:
    ended = run(CONSOLE_SECRET_KEY="x" * 50, CONSOLE_JOB_DRAFT_HOURS="0")
    assert ended.returncode != 0
    assert "CONSOLE_JOB_DRAFT_HOURS must be at least 1." in ended.stderr
