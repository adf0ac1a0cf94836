"""The schema check: names what is wrong, lets reading go on, refuses operations."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections

from ops.access.models import User
from ops.audit.models import AuditEntry
from ops.engine import schema
from ops.platform.errors import EngineMismatch
from tests.api.conftest import Caller, signed_in
from tests.engine.real_data import FOLDER, needs_real_data
from tests.factories import make_run


@pytest.fixture(autouse=True)
def asked_anew(db: None) -> Iterator[None]:
    schema.recent.forget()
    yield
    schema.recent.forget()


@pytest.fixture
def as_operator(operator: User) -> Caller:
    return signed_in(operator)


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_engines_own_tables_have_no_fault() -> None:
    report = schema.check(connection)
    assert report.faults == ()
    assert report.ok
    assert report.migration == 1
    assert report.engine == "0.1"


def test_a_missing_table_is_named() -> None:
    execute("DROP TABLE step_runs")
    assert schema.check(connection).faults == ("The table step_runs is missing.",)


def test_a_missing_column_is_named_with_the_type_it_should_have() -> None:
    execute("ALTER TABLE function_runs RENAME COLUMN locked_by TO holder")
    kind = "character varying" if connection.vendor == "postgresql" else "text"
    assert schema.check(connection).faults == (f"function_runs.locked_by is missing (expected: {kind}).",)


def test_a_column_of_another_type_is_named_with_both_types() -> None:
    execute("DROP TABLE distributed_locks")
    execute("CREATE TABLE distributed_locks (key bigint, holder text, expires_at text, acquired_at text)")
    faults = schema.check(connection).faults
    expected = "character varying" if connection.vendor == "postgresql" else "text"
    assert f"distributed_locks.key is bigint (expected: {expected})." in faults


def test_more_columns_than_known_do_no_harm() -> None:
    execute("ALTER TABLE function_runs ADD COLUMN priority integer")
    assert schema.check(connection).ok


def test_a_newer_migration_of_the_engine_is_a_fault() -> None:
    execute("UPDATE _sqlx_migrations SET version = 7")
    report = schema.check(connection)
    assert report.faults == ("The engine's migration 7 is newer than this console knows (expected: 1).",)
    assert (report.migration, report.engine) == (7, "unknown")


def test_a_migration_that_failed_is_a_fault() -> None:
    execute("UPDATE _sqlx_migrations SET success = false")
    assert schema.check(connection).faults == (
        "The engine's migration 1 has not succeeded (_sqlx_migrations).",
    )


def test_without_the_engines_migration_table_the_version_is_unknown_and_nothing_else() -> None:
    execute("DROP TABLE _sqlx_migrations")
    report = schema.check(connection)
    assert report.ok
    assert (report.migration, report.engine) == (None, "unknown")


def test_operations_are_refused_with_the_first_faults() -> None:
    schema.require_writable()
    schema.recent.forget()
    for column in ("input", "output", "error", "locked_by"):
        execute(f"ALTER TABLE function_runs RENAME COLUMN {column} TO was_{column}")
    with pytest.raises(EngineMismatch) as caught:
        schema.require_writable()
    assert "function_runs.input is missing" in str(caught.value)
    assert "And 1 more" in str(caught.value)


def test_the_answer_is_kept_until_it_is_forgotten() -> None:
    schema.require_writable()
    execute("DROP TABLE step_runs")
    schema.require_writable()
    schema.recent.forget()
    with pytest.raises(EngineMismatch):
        schema.require_writable()


@pytest.mark.postgresql
def test_a_role_without_rights_is_told_the_grants() -> None:
    execute("CREATE ROLE reader")
    execute("GRANT USAGE ON SCHEMA public TO reader")
    execute("GRANT SELECT ON events, function_runs, functions, distributed_locks TO reader")
    execute("SET LOCAL ROLE reader")
    report = schema.check(connection)
    assert report.migration is None
    assert report.faults == ('step_runs may not be read: GRANT SELECT ON "public".step_runs TO "reader".',)
    assert list(report.lacking.values()) == [
        'function_runs may not be changed: GRANT UPDATE ON "public".function_runs TO "reader".',
        'Nothing may be added to function_runs: GRANT INSERT ON "public".function_runs TO "reader".',
        'Nothing may be added to step_runs: GRANT INSERT ON "public".step_runs TO "reader".',
        'Nothing may be added to events: GRANT INSERT ON "public".events TO "reader".',
    ]


@pytest.fixture
def canceller() -> None:
    """The console connected as a role that may do all but insert into the engine's tables."""
    execute("CREATE ROLE canceller")
    execute("ALTER SCHEMA console OWNER TO canceller")
    execute("GRANT USAGE ON SCHEMA public TO canceller")
    for kind in ("TABLES", "SEQUENCES"):
        execute(f"GRANT ALL ON ALL {kind} IN SCHEMA console TO canceller")
    execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO canceller")
    execute("GRANT UPDATE ON function_runs TO canceller")


@pytest.mark.postgresql
def test_a_verb_is_refused_for_the_rights_that_it_needs_and_only_for_these(
    canceller: None, as_operator: Caller
) -> None:
    run = make_run()
    execute("SET LOCAL ROLE canceller")
    answer = as_operator.post(f"/api/runs/{run.pk}/replay", {"reason": "why"})
    assert (as_operator.status, answer["error"]["code"]) == (409, "mismatch")
    assert 'GRANT INSERT ON "public".function_runs TO "canceller"' in answer["error"]["message"]
    assert AuditEntry.objects.get(verb="runs.replay").outcome == "refused"
    assert as_operator.get("/api/health")["faults"][0].startswith("Nothing may be added to function_runs")
    as_operator.post(f"/api/runs/{run.pk}/cancel", {"reason": "why"})
    assert as_operator.status == 200
    assert as_operator.client.get("/readyz").json()["checks"]["schema"] == "ok"


@pytest.mark.postgresql
def test_prepare_names_the_rights_that_are_missing(
    canceller: None, capsys: pytest.CaptureFixture[str]
) -> None:
    execute("SET LOCAL ROLE canceller")
    with pytest.raises(CommandError, match="are refused") as caught:
        call_command("prepare")
    assert caught.value.returncode == 3
    assert 'GRANT INSERT ON "public".events TO "canceller"' in capsys.readouterr().out


@pytest.mark.sqlite
@needs_real_data
@pytest.mark.parametrize("name", ["choreo.sqlite3", "empty.sqlite3"])
def test_databases_of_a_real_engine_have_no_fault(name: str, tmp_path: Path) -> None:
    shutil.copy(FOLDER / name, tmp_path / name)
    real = connections.create_connection("default")
    real.settings_dict = {**real.settings_dict, "NAME": str(tmp_path / name)}
    try:
        report = schema.check(real)
    finally:
        real.close()
    assert (report.faults, report.migration) == ((), 1)
