"""`manage.py engine`: the door to the extensions."""

from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from ops.engine import extensions
from tests.engine.catalog import execute, quiet, snapshot

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def bare() -> Iterator[None]:
    yield
    for extension in extensions.EXTENSIONS:
        extensions.remove(extension, connection, quiet)


def engine(*words: str) -> str:
    out = StringIO()
    call_command("engine", *words, stdout=out)
    return out.getvalue()


def test_status_names_each_extension_and_what_is_missing_without_it() -> None:
    text = engine("status")
    assert "indexes 1: absent" in text
    assert "guard 1: absent" in text
    assert "Without it: Cancelling a running run is a request" in text
    assert "manage.py engine install guard" in text


def test_install_and_remove_act_on_the_named_ones_only() -> None:
    assert "guard is installed" in engine("install", "guard")
    assert "guard 1: current" in engine("status")
    assert "indexes 1: absent" in engine("status")
    assert "guard is removed" in engine("remove", "guard")
    assert "guard 1: absent" in engine("status")


def test_without_names_every_extension_is_installed() -> None:
    engine("install")
    assert engine("status").count(": current") == len(extensions.EXTENSIONS)


@pytest.mark.parametrize("verb", ["status", "install", "remove"])
def test_sql_is_printed_and_nothing_is_changed(verb: str) -> None:
    before = snapshot()
    text = engine(verb, "guard", "--sql")
    assert "-- guard 1: A cancelled or completed run stays so" in text
    assert ("DROP TRIGGER" in text) == (verb == "remove" or connection.vendor == "sqlite")
    assert ("RAISE(IGNORE)" in text or "RETURN NULL" in text) == (verb != "remove")
    assert snapshot() == before


def test_a_broken_extension_makes_status_exit_3() -> None:
    engine("install", "indexes")
    execute("DROP INDEX console_runs_status_id")
    with pytest.raises(CommandError) as caught:
        engine("status")
    assert caught.value.returncode == 3


def test_an_unknown_name_exits_2_and_names_the_extensions() -> None:
    with pytest.raises(CommandError, match="Available: indexes, guard") as caught:
        engine("install", "gaurd")
    assert caught.value.returncode == 2


def test_a_missing_engine_table_is_a_reason_to_change_nothing() -> None:
    execute("ALTER TABLE events RENAME TO no_events")
    try:
        with pytest.raises(CommandError, match="The table events is missing") as caught:
            engine("install", "indexes")
    finally:
        execute("ALTER TABLE no_events RENAME TO events")
    assert caught.value.returncode == 1
    assert "indexes 1: absent" in engine("status")
