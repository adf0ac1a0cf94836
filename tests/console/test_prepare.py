"""`manage.py prepare`: every deployment's one command."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection

from ops.engine.extensions import EXTENSIONS
from tests.console.fresh import address, database, manage, start
from tests.engine.databases import connect, fresh_database

pytestmark = pytest.mark.django_db


def test_a_fresh_database_is_made_ready_and_the_second_time_nothing_is_left_to_do(tmp_path: Path) -> None:
    with database(tmp_path, with_engine=True) as url:
        code, printed = manage(url, "prepare")
        assert code == 0, printed
        assert "Console's tables: made" in printed
        assert "Role Viewer: " in printed
        assert "Engine's tables: known (engine 0.1)" in printed
        code, printed = manage(url, "prepare")
        assert code == 0, printed
        assert "Console's tables: up to date" in printed
        assert printed.count(": absent") == len(EXTENSIONS)  # never installed behind the operator's back


def test_without_the_engines_tables_it_is_ready_to_show_and_says_what_is_missing(tmp_path: Path) -> None:
    with database(tmp_path, with_engine=False) as url:
        code, printed = manage(url, "prepare")
    assert code == 3
    assert "Console's tables: made" in printed
    assert "The table function_runs is missing." in printed


def test_an_unreachable_database_is_one_line_not_a_traceback(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/no/such/folder.sqlite3"
    if connection.vendor == "postgresql":
        url = "postgresql://nobody@127.0.0.1:1/nothing"
    code, printed = manage(url, "prepare")
    assert code == 1
    assert "The database could not be made ready:" in printed
    assert "Traceback" not in printed


def test_three_at_once_wait_for_each_other(tmp_path: Path) -> None:
    with database(tmp_path, with_engine=True) as url:
        processes = [start(url, "prepare") for _ in range(3)]
        printed = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], printed
    assert sorted("made" in text for text in printed) == [False, False, True]


@pytest.mark.postgresql
def test_another_django_application_in_the_same_database_is_left_alone(tmp_path: Path) -> None:
    with database(tmp_path, with_engine=True) as url, connect(url.rpartition("/")[2]) as theirs:
        theirs.execute("CREATE TABLE public.auth_group (id int, name text)")
        theirs.execute(
            "CREATE TABLE public.django_migrations (id int, app text, name text, applied timestamptz)"
        )
        theirs.execute("INSERT INTO public.django_migrations VALUES (1, 'auth', '0001_initial', now())")
        code, printed = manage(url, "prepare")
        assert code == 0, printed
        row = theirs.execute(
            "SELECT (SELECT count(*) FROM public.django_migrations),"
            " (SELECT count(*) FROM public.auth_group),"
            " to_regclass('console.auth_group') IS NOT NULL"
        ).fetchone()
    assert row == (1, 0, True)


@pytest.mark.postgresql
def test_a_role_that_owns_its_schema_needs_no_right_to_make_schemas() -> None:
    with fresh_database("fresh") as fresh:
        fresh.execute("DROP ROLE IF EXISTS modest")
        fresh.execute("CREATE ROLE modest LOGIN")
        try:
            fresh.execute("CREATE SCHEMA console AUTHORIZATION modest")
            code, printed = manage(address(fresh.info.dbname, "modest"), "prepare")
            assert (code, "Console's tables: made" in printed) == (3, True), printed
        finally:
            fresh.execute("DROP OWNED BY modest CASCADE")
            fresh.execute("DROP ROLE modest")


def run(url: str, *statements: str) -> None:
    """Whatever SQL in the database at the address."""
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
            file.executescript(";".join(statements))
        return
    with connect(url.rpartition("/")[2]) as theirs:
        for statement in statements:
            theirs.execute(statement.encode())


MIGRATIONS = "CREATE TABLE django_migrations (id int, app text, name text, applied timestamp)"


def test_a_database_of_a_development_version_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with database(tmp_path, with_engine=True) as url:
        run(
            url,
            *(
                ()
                if connection.vendor == "sqlite"
                else ("CREATE SCHEMA IF NOT EXISTS console", "SET search_path = console")
            ),
            MIGRATIONS,
            "INSERT INTO django_migrations VALUES (1, 'ops', '0002_audit_append_only', '2026-11-21')",
            "CREATE TABLE ops_auditentry (id int)",
            "CREATE TABLE auth_user (id int)",
        )
        code, printed = manage(url, "prepare")
        assert code == 1
        assert "was prepared by a version of the console from before 0.1.0" in printed
        assert "Traceback" not in printed
        run(url, printed.partition("prepare again: ")[2])
        code, printed = manage(url, "prepare")
        assert (code, "Console's tables: made" in printed) == (0, True), printed


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("statements", "named"),
    [
        ((MIGRATIONS, "INSERT INTO django_migrations VALUES (1, 'shop', '0001', '')"), "django_migrations"),
        (("CREATE TABLE auth_user (id int)",), "auth_user"),
        (
            ("CREATE TABLE django_session (id int)", "CREATE TABLE ops_job (id int)"),
            "django_session, ops_job",
        ),
    ],
    ids=["migrations", "people", "names"],
)
def test_a_file_of_another_application_is_left_alone(
    tmp_path: Path, statements: tuple[str, ...], named: str
) -> None:
    with database(tmp_path, with_engine=True) as url:
        run(url, *statements)
        before = tables(url)
        code, printed = manage(url, "prepare")
        assert code == 1
        assert f"This file has tables of another application: {named}. SQLite has no schemas" in printed
        assert tables(url) == before


@pytest.mark.sqlite
def test_an_interrupted_first_time_is_made_good_by_the_next(tmp_path: Path) -> None:
    with database(tmp_path, with_engine=True) as url:
        assert manage(url, "migrate", "auth")[0] == 0
        code, printed = manage(url, "prepare")
        assert (code, "Console's tables: made" in printed) == (0, True), printed


def tables(url: str) -> list[tuple[str]]:
    """The names of all tables in a file."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
        return file.execute("SELECT name FROM sqlite_master ORDER BY 1").fetchall()
