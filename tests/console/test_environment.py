"""What the environment may say, and what is said about what it may not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from console.environment import BIND_FORM, HOST, ORIGIN, SCHEMA, Environment

Ask = Callable[[Environment], Any]

READERS: dict[str, tuple[Ask, Any]] = {
    "number": (lambda env: env.number("X", 7, low=1, high=20), 7),
    "flag": (lambda env: env.flag("X"), False),
    "choice": (lambda env: env.choice("X", "INFO", ("INFO", "ERROR")), "INFO"),
    "hosts": (lambda env: env.items("X", ["localhost"], HOST, "Write names."), ["localhost"]),
    "origins": (lambda env: env.items("X", [], ORIGIN, "Write https://host."), []),
    "schema": (lambda env: env.matching("X", "public", SCHEMA, "Write a name."), "public"),
    "bind": (lambda env: env.matching("X", ":8000", BIND_FORM, "Write address:port."), ":8000"),
    "pairs": (lambda env: env.pairs("X"), {}),
    "folder": (lambda env: env.folder("X", Path("/var")), Path("/var")),
    "url": (
        lambda env: env.url("X", "sqlite:///x", ("sqlite", "redis"), "Write redis://host."),
        "sqlite:///x",
    ),
}


@pytest.mark.parametrize(
    ("reader", "text", "value"),
    [
        ("number", "12", 12),
        ("number", "", 7),
        ("flag", "On", True),
        ("flag", "0", False),
        ("choice", "error", "ERROR"),
        (
            "hosts",
            "console.example.com, .example.org,[::1],*",
            ["console.example.com", ".example.org", "[::1]", "*"],
        ),
        ("origins", "https://a.example:8443", ["https://a.example:8443"]),
        ("schema", "engine_2", "engine_2"),
        ("bind", "0.0.0.0:9000", "0.0.0.0:9000"),
        ("bind", "[::]:9000", "[::]:9000"),
        ("bind", "unix:/run/console.sock", "unix:/run/console.sock"),
        ("pairs", "prod=https://a staging=http://b", {"prod": "https://a", "staging": "http://b"}),
        ("folder", str(Path(__file__).parent), Path(__file__).parent),
        ("url", "redis://:secret@host/0", "redis://:secret@host/0"),
    ],
)
def test_a_value_of_the_right_form_is_taken(reader: str, text: str, value: object) -> None:
    env = Environment({"X": text})
    assert READERS[reader][0](env) == value
    assert env.faults == []


@pytest.mark.parametrize(
    ("reader", "text"),
    [
        ("number", "two"),
        ("number", "1.5"),
        ("number", "0"),
        ("number", "21"),
        ("flag", "maybe"),
        ("choice", "LOUD"),
        ("hosts", "https://console.example.com"),
        ("hosts", "console.example.com:8000"),
        ("hosts", "a,b c"),
        ("origins", "console.example.com"),
        ("schema", "public -c statement_timeout=0"),
        ("schema", "Public"),
        ("bind", "8000"),
        ("bind", "http://0.0.0.0:8000"),
        ("pairs", "prod"),
        ("pairs", "prod=console.example.com"),
        ("folder", "/nowhere/at/all"),
        ("url", "mysql://root:secret@host/x"),
        ("url", ""),
    ],
)
def test_any_other_value_is_a_fault_with_a_remedy_and_its_default_stands_in(reader: str, text: str) -> None:
    ask, default = READERS[reader]
    env = Environment({"X": text})
    assert ask(env) == default
    (fault,) = env.faults
    assert (fault.name, fault.wrong.endswith("."), fault.remedy.endswith(".")) == ("X", True, True)
    assert "secret" not in str(fault)


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from the file\n")
    env = Environment({"X_FILE": str(tmp_path / "key")})
    assert (env.secret("X"), env.faults, env.unknown("X")) == ("from the file", [], [])


def test_a_secret_s_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    for path in ("empty", "binary", "missing", "."):
        env = Environment({"X_FILE": str(tmp_path / path)})
        assert env.secret("X", "default") == "default"
        assert [fault.name for fault in env.faults] == ["X_FILE"]


def test_a_secret_that_is_given_twice_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("one")
    env = Environment({"X_FILE": str(tmp_path / "key"), "X": "two"})
    env.secret("X")
    assert [str(fault) for fault in env.faults] == ["X_FILE: X is set as well. Keep one of the two."]


def test_a_variable_that_nothing_reads_is_told_with_the_one_that_may_be_meant() -> None:
    env = Environment({"CONSOLE_ALLOWED_HOST": "x", "CONSOLE_FISH": "x", "HOME": "/"})
    env.items("CONSOLE_ALLOWED_HOSTS", [], HOST, "")
    assert [fault.name for fault in env.unknown("CONSOLE_")] == ["CONSOLE_ALLOWED_HOST", "CONSOLE_FISH"]
    assert env.unknown("CONSOLE_")[0].remedy == "Did you mean CONSOLE_ALLOWED_HOSTS?"


def test_the_folder_of_the_default_is_made_and_no_other(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    assert Environment({}).folder("X", ours) == ours
    assert ours.is_dir()
    environment = Environment({"X": str(theirs)})
    environment.folder("X", ours)
    assert [fault.name for fault in environment.faults] == ["X"]
    assert not theirs.exists()
