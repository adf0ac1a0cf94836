"""The settings are those that the deployment guide lists, and wrong ones are told before anything starts."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAME = re.compile(r"CONSOLE_[A-Z]+(?:_[A-Z]+)*")
KEY = {"CONSOLE_SECRET_KEY": "x" * 50}
WRONG = {
    "CONSOLE_DATABASE_URL": "postgresql://console:password@host:port/choreo",
    "CONSOLE_PROXIES": "two",
    "CONSOLE_JOB_DRAFT_HOURS": "0",
    "CONSOLE_VAR": "/nowhere/at/all",
}


def run(*command: str, **environment: str) -> tuple[int, str]:
    """Exit code and everything printed by a command that was given nothing but these settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CONSOLE_")}
    ended = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, *command],
        cwd=ROOT,
        env=kept | {"DJANGO_SETTINGS_MODULE": "console.settings"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return ended.returncode, ended.stdout


def test_the_deployment_guide_lists_every_setting_and_no_other() -> None:
    source = (ROOT / "console" / "settings.py").read_text(encoding="utf-8")
    guide = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    listed = set(re.findall(rf"^\| `({NAME.pattern})`", guide, re.MULTILINE))
    assert set(NAME.findall(source)) == listed


def test_the_deployment_guide_names_every_setting_that_may_lie_in_a_file() -> None:
    source = (ROOT / "console" / "settings.py").read_text(encoding="utf-8")
    guide = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    secrets = set(re.findall(rf'env\.(?:secret|url)\(\s*"({NAME.pattern})"', source))
    assert {f"{name}_FILE" for name in secrets} == set(re.findall(r"CONSOLE_[A-Z_]+_FILE", guide))


def test_without_a_key_only_the_demo_starts(tmp_path: Path) -> None:
    code, told = run("manage.py", "check", CONSOLE_DATABASE_URL=f"sqlite:///{tmp_path}/other.sqlite3")
    assert (code, "CONSOLE_SECRET_KEY: it is not set" in told) == (1, True)


def test_another_kind_of_database_is_refused_by_name() -> None:
    code, told = run(
        "manage.py", "check", CONSOLE_DATABASE_URL="mysql://root:password@localhost/choreo", **KEY
    )
    assert (code, "postgresql://user:password@host/database" in told) == (1, True)
    assert "root:password" not in told


@pytest.mark.parametrize(
    "command",
    [
        ("manage.py", "check"),
        ("manage.py", "demo"),
        ("-m", "gunicorn", "console.wsgi"),
        ("-m", "celery", "-A", "console", "worker"),
        ("-m", "celery", "-A", "console", "beat"),
    ],
    ids=lambda command: command[-1],
)
def test_nothing_starts_with_wrong_settings_and_all_of_them_are_told_at_once(
    command: tuple[str, ...],
) -> None:
    code, told = run(*command, **WRONG, **KEY)
    assert code == 1
    assert all(f"{name}: " in told for name in WRONG)
    assert "Write a whole number from 0 to 20" in told
    assert "Traceback" not in told
    assert "console:password@" not in told


def test_a_setting_that_does_not_exist_is_a_warning() -> None:
    code, told = run("manage.py", "check", CONSOLE_ALLOWED_HOST="console.example.com")
    assert (code, "Did you mean CONSOLE_ALLOWED_HOSTS?" in told) == (0, True)


def test_every_file_that_the_console_makes_lies_in_one_folder_and_secrets_in_files(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k" * 50)
    names = "VAR_DIR STATIC_ROOT DATABASE_URL CELERY_BROKER_URL CELERY_BEAT_SCHEDULE_FILENAME"
    show = f"from console import settings; print(*(getattr(settings, n) for n in '{names}'.split()))"
    code, told = run("-c", show, CONSOLE_VAR=str(tmp_path))
    assert (code, told.count(str(tmp_path))) == (0, 5)
    show = "from console import settings; print(settings.SECRET_KEY, settings.FAULTS, settings.BIND)"
    code, told = run(
        "-c",
        show,
        CONSOLE_SECRET_KEY_FILE=str(tmp_path / "key"),
        CONSOLE_DATABASE_URL=f"sqlite:///{tmp_path}/x.sqlite3",
        CONSOLE_BIND="0.0.0.0:9000",
    )
    assert (code, told) == (0, f"{'k' * 50} [] 0.0.0.0:9000\n")
