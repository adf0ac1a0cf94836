"""Extensions on a PostgreSQL that is at work: locks, interrupted builds, rights."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection

from ops.engine import extensions
from ops.engine.extensions import EXTENSIONS, State
from runs.models import Run
from tests.engine.catalog import execute, quiet, snapshot
from tests.engine.databases import connect
from tests.factories import make_run

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def bare() -> Iterator[None]:
    yield
    for extension in EXTENSIONS:
        extensions.remove(extension, connection, quiet)


@pytest.fixture
def engine() -> Iterator[psycopg.Connection[Any]]:
    """Another connection with an open transaction that writes runs."""
    with connect(str(connection.settings_dict["NAME"])) as other:
        other.execute("BEGIN")
        other.execute("LOCK TABLE public.function_runs IN ROW EXCLUSIVE MODE")
        yield other


@pytest.fixture
def role() -> Iterator[str]:
    execute("CREATE ROLE console_app")
    execute("GRANT USAGE ON SCHEMA console, public TO console_app")
    yield "console_app"
    execute("RESET ROLE")
    execute("DROP OWNED BY console_app")
    execute("DROP ROLE console_app")


def install(name: str) -> None:
    extensions.install(extensions.get(name), connection, quiet)


def test_a_trigger_waits_briefly_and_tries_again_while_the_engine_writes(
    engine: psycopg.Connection[Any],
) -> None:
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if "locked" in line:
            engine.execute("ROLLBACK")

    extensions.install(extensions.get("guard"), connection, say)
    assert "the table is locked, trying again (2 of 15)" in said
    assert extensions.is_current("guard", connection)


def test_an_interrupted_build_is_named_and_repaired(engine: psycopg.Connection[Any]) -> None:
    execute("SET lock_timeout = '100ms'")
    with pytest.raises(OperationalError):
        install("indexes")
    execute("RESET lock_timeout")
    engine.execute("ROLLBACK")
    found = extensions.status_of("indexes", connection)
    assert found.state == State.BROKEN
    assert (
        "The index console_runs_status_id is invalid: its build is in progress or was interrupted."
        in found.faults
    )
    install("indexes")
    assert extensions.is_current("indexes", connection)


def test_a_failed_installation_leaves_the_session_as_it_was(engine: psycopg.Connection[Any]) -> None:
    execute("SET lock_timeout = '100ms'")
    with pytest.raises(OperationalError):
        install("indexes")
    execute("RESET lock_timeout")
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("15s",)
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        assert cursor.fetchone() == (0,)


def test_two_installers_do_not_work_at_once() -> None:
    with connect(str(connection.settings_dict["NAME"])) as other:
        other.execute("SELECT pg_advisory_lock(4711002)")
        with pytest.raises(extensions.Refused, match="Another"):
            install("guard")
    assert not extensions.is_current("guard", connection)


def test_a_disabled_trigger_is_named_and_enabled_again() -> None:
    install("guard")
    execute("ALTER TABLE function_runs DISABLE TRIGGER console_guard")
    found = extensions.status_of("guard", connection)
    assert (found.state, found.faults) == (State.BROKEN, ("The trigger console_guard is disabled.",))
    install("guard")
    assert extensions.is_current("guard", connection)


def test_a_function_that_was_replaced_is_named_and_restored() -> None:
    install("guard")
    execute(
        "CREATE OR REPLACE FUNCTION console.guard() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN RETURN NEW; END'"
    )
    found = extensions.status_of("guard", connection)
    assert (found.state, found.faults) == (
        State.BROKEN,
        ("The function guard is not defined as it was installed.",),
    )
    install("guard")
    assert extensions.is_current("guard", connection)


@pytest.mark.parametrize("name", ["indexes", "guard"])
def test_a_role_without_rights_is_refused_before_anything_changes(name: str, role: str) -> None:
    before = snapshot()
    execute("SET ROLE console_app")
    with pytest.raises(extensions.Refused, match='GRANT "postgres" TO "console_app"'):
        install(name)
    assert snapshot() == before


@pytest.mark.parametrize("name", ["indexes", "guard"])
def test_a_role_with_the_rights_asked_for_can_install_and_remove(name: str, role: str) -> None:
    before = snapshot()
    execute("GRANT postgres TO console_app")
    execute("SET ROLE console_app")
    install(name)
    assert extensions.is_current(name, connection)
    extensions.remove(extensions.get(name), connection, quiet)
    assert snapshot() == before


def test_the_engine_needs_no_right_in_our_schema_while_the_guard_works(role: str) -> None:
    install("guard")
    run = make_run(status="cancelled")
    execute("REVOKE USAGE ON SCHEMA console FROM console_app")
    execute("GRANT SELECT, UPDATE ON function_runs TO console_app")
    execute("SET ROLE console_app")
    execute("UPDATE public.function_runs SET status = 'queued'")
    execute("RESET ROLE")
    assert Run.objects.get(pk=run.pk).status == "cancelled"
