"""Extensions: installed beside the engine's tables, told apart by state, removed without a trace."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.db import connection

from ops.engine import extensions
from ops.engine.extensions import EXTENSIONS, State
from ops.engine.ids import FOREIGN_POSTGRESQL, FOREIGN_SQLITE
from ops.platform.errors import InvalidInput
from tests.engine.catalog import execute, quiet, snapshot
from tests.factories import make_run

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = [extension.name for extension in EXTENSIONS]


@pytest.fixture(autouse=True)
def bare() -> Iterator[None]:
    yield
    for extension in EXTENSIONS:
        extensions.remove(extension, connection, quiet)


def install(name: str) -> None:
    extensions.install(extensions.get(name), connection, quiet)


def state_of(name: str) -> State:
    return extensions.status_of(name, connection).state


@pytest.mark.parametrize("name", NAMES)
def test_removing_leaves_the_catalog_as_it_was(name: str) -> None:
    before = snapshot()
    install(name)
    assert snapshot() != before
    extensions.remove(extensions.get(name), connection, quiet)
    assert snapshot() == before


@pytest.mark.parametrize("name", NAMES)
def test_installing_makes_an_absent_extension_current(name: str) -> None:
    assert state_of(name) == State.ABSENT
    assert not extensions.is_current(name, connection)
    install(name)
    assert state_of(name) == State.CURRENT
    assert extensions.is_current(name, connection)


@pytest.mark.parametrize("name", NAMES)
def test_installing_twice_changes_nothing_the_second_time(name: str) -> None:
    install(name)
    once = snapshot()
    said: list[str] = []
    extensions.install(extensions.get(name), connection, said.append)
    assert said == [f"{name} is current, nothing to do"]
    assert snapshot() == once


@pytest.mark.parametrize("name", NAMES)
def test_an_outdated_extension_is_told_and_brought_up_to_date(name: str) -> None:
    extensions.install(replace(extensions.get(name), version=0), connection, quiet)
    found = extensions.status_of(name, connection)
    assert found.state == State.OUTDATED
    assert "is of version 0, this console's is 1" in found.faults[0]
    install(name)
    assert state_of(name) == State.CURRENT


@pytest.mark.parametrize("name", NAMES)
def test_an_extension_of_a_newer_console_is_not_taken_for_ours(name: str) -> None:
    extensions.install(replace(extensions.get(name), version=9), connection, quiet)
    assert state_of(name) == State.BROKEN


@pytest.mark.parametrize("name", NAMES)
def test_the_printed_sql_installs_and_removes_the_same(name: str) -> None:
    before = snapshot()
    for statement in extensions.script_to_install(extensions.get(name), connection):
        execute(statement)
    assert state_of(name) == State.CURRENT
    for statement in extensions.script_to_remove(extensions.get(name), connection):
        execute(statement)
    assert snapshot() == before


def test_a_part_that_was_dropped_by_hand_is_named_and_made_again() -> None:
    install("indexes")
    execute("DROP INDEX console_runs_function_id")
    found = extensions.status_of("indexes", connection)
    assert found.state == State.BROKEN
    assert found.faults == ("The index console_runs_function_id is missing.",)
    install("indexes")
    assert state_of("indexes") == State.CURRENT


def test_an_index_of_our_name_made_by_hand_is_not_trusted() -> None:
    execute("CREATE INDEX console_runs_status_id ON function_runs (status)")
    found = extensions.status_of("indexes", connection)
    assert found.state == State.BROKEN
    assert "The index console_runs_status_id was not made by this command." in found.faults
    install("indexes")
    assert state_of("indexes") == State.CURRENT


def test_every_extension_says_what_it_is_for_and_what_is_missing_without_it() -> None:
    for found in extensions.status(connection):
        assert found.state == State.ABSENT
        assert found.extension.purpose.endswith(".")
        assert found.extension.without.endswith(".")


def test_pages_learn_of_a_change_made_in_their_process_at_once() -> None:
    assert not extensions.recent()["guard"].is_current
    install("guard")
    assert extensions.recent()["guard"].is_current


def test_an_unknown_name_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(InvalidInput, match="Available: indexes, guard"):
        extensions.get("gaurd")


def test_the_planner_answers_whether_there_are_foreign_ids_from_the_tiny_index() -> None:
    """Also when the planner takes nearly every row for a match, as it does of a table without statistics."""
    install("indexes")
    explain, question = "EXPLAIN QUERY PLAN", FOREIGN_SQLITE
    if connection.vendor == "postgresql":
        explain, question = "EXPLAIN", FOREIGN_POSTGRESQL
    for _ in range(200):
        make_run()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute(f"{explain} {question}")
        assert "console_runs_foreign_id" in str(cursor.fetchall())


@pytest.mark.sqlite
def test_indexes_come_with_statistics_for_the_engines_own_queries() -> None:
    install("indexes")
    assert ("table", "sqlite_stat1") in {row[:2] for row in snapshot()}


@pytest.mark.sqlite
def test_a_locked_database_is_tried_again() -> None:
    other = connection.copy()
    other.ensure_connection()
    execute("PRAGMA busy_timeout = 50")
    other.connection.execute("BEGIN IMMEDIATE")
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if "locked" in line:
            other.connection.rollback()

    try:
        extensions.install(extensions.get("guard"), connection, say)
    finally:
        other.close()
        connection.close()
    assert "the table is locked, trying again (2 of 15)" in said
    assert state_of("guard") == State.CURRENT


@pytest.mark.sqlite
def test_a_long_wait_of_the_engine_is_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    make_run()
    make_run()
    monkeypatch.setattr("ops.engine.extensions.sqlite.MANY", 1)
    said: list[str] = []
    extensions.install(extensions.get("indexes"), connection, said.append)
    assert "function_runs has 2 rows: the engine can't write while they are indexed; stop it first" in said
