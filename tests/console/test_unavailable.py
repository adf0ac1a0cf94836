"""While the database can't be used everything gives one clear answer, and comes back by itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from ops.access.models import User
from ops.engine import schema
from ops.health.tasks import measure_health
from ops.platform.prepared import missing_tables, require_prepared
from tests.console.trouble import break_database, restored
from tests.factories import make_run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.console.troubled_urls")]

INTERNALS = ("Traceback", "sqlite", "psycopg", "OperationalError", "127.0.0.1", "/no/such/folder", "SELECT")


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    with restored():
        yield
    require_prepared.cache_clear()
    schema.recent.forget()


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def shows(response: Any, code: str) -> None:
    """The page of that trouble, without internals."""
    text = response.content.decode()
    assert f'data-code="{code}"' in text
    assert not [word for word in INTERNALS if word in text]
    assert "content-security-policy" in response.headers


@pytest.mark.parametrize("address", ["/", "/runs", "/overview", "/admin/", "/runs/x", "/audit"])
def test_every_page_says_that_the_database_cannot_be_reached(
    client: Client, operator: User, address: str
) -> None:
    client.force_login(operator)
    break_database()
    response = client.get(address, follow=True)
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    shows(response, "unreachable")


def test_nobody_is_told_more_before_the_process_has_ever_seen_the_database(client: Client) -> None:
    require_prepared.cache_clear()
    break_database()
    response = client.get("/login")
    assert response.status_code == 503
    shows(response, "unreachable")


def test_the_api_answers_its_own_json(client: Client, operator: User) -> None:
    client.force_login(operator)
    break_database()
    response = client.get("/api/runs")
    assert response.status_code == 503
    assert response.json()["error"]["code"] == "unreachable"
    assert response.headers["Retry-After"] == "5"


def test_htmx_gets_a_status_and_no_page_to_put_in_place_of_what_is_shown(
    client: Client, operator: User
) -> None:
    client.force_login(operator)
    break_database()
    response = client.get("/runs", headers={"HX-Request": "true"})
    assert response.status_code == 503
    assert b"<html" not in response.content


@pytest.mark.sqlite
def test_no_empty_database_is_made_in_place_of_a_file_that_was_moved_away(
    client: Client, operator: User, tmp_path: Path
) -> None:
    client.force_login(operator)
    connection.close()
    connection.settings_dict["NAME"] = str(tmp_path / "moved.sqlite3")
    assert client.get("/runs").status_code == 503
    assert client.get("/readyz").status_code == 503
    with pytest.raises(OperationalError):
        measure_health()
    assert list(tmp_path.iterdir()) == []


def test_all_comes_back_by_itself(client: Client, operator: User) -> None:
    client.force_login(operator)
    with restored():
        break_database()
        assert client.get("/runs").status_code == 503
    assert client.get("/runs").status_code == 200


def test_a_failure_around_the_view_is_answered_alike(client: Client) -> None:
    response = client.get("/loses-database")
    assert response.status_code == 503
    shows(response, "unreachable")


def test_a_question_that_takes_too_long_asks_for_a_narrower_one(client: Client) -> None:
    response = client.get("/slow")
    assert response.status_code == 503
    shows(response, "timeout")
    assert "Narrow the filter" in response.content.decode()
    assert 'http-equiv="refresh"' not in response.content.decode()


def test_the_api_names_the_timeout(client: Client) -> None:
    assert client.get("/api/slow").json()["error"]["code"] == "timeout"


def test_a_fault_of_our_own_stays_a_500(client: Client) -> None:
    assert client.get("/bug").status_code == 500


def test_a_missing_engine_table_is_named_not_a_500(client: Client, operator: User) -> None:
    client.force_login(operator)
    execute("ALTER TABLE function_runs RENAME COLUMN run_after TO not_before")
    execute("ALTER TABLE function_runs RENAME COLUMN attempt TO number")
    try:
        response = client.get("/runs")
    finally:
        execute("ALTER TABLE function_runs RENAME COLUMN number TO attempt")
        execute("ALTER TABLE function_runs RENAME COLUMN not_before TO run_after")
    assert response.status_code == 503
    assert "function_runs.attempt is missing" in response.content.decode()


@pytest.mark.parametrize("address", ["/login", "/runs", "/admin/", "/api/runs", "/metrics"])
def test_nothing_is_answered_before_prepare_has_been_run(client: Client, address: str) -> None:
    require_prepared.cache_clear()
    execute("ALTER TABLE ops_user RENAME TO somebody_elses")
    try:
        response = client.get(address)
    finally:
        execute("ALTER TABLE somebody_elses RENAME TO ops_user")
    assert response.status_code == 503
    assert "manage.py prepare" in response.content.decode()
    assert client.get("/login").status_code == 200


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "once"}])
def test_a_column_of_our_own_that_is_gone_is_unprepared_not_a_500(
    client: Client, operator: User, headers: dict[str, str]
) -> None:
    client.force_login(operator)
    run = make_run(status="queued")
    assert client.get("/audit").status_code == 200
    execute("ALTER TABLE ops_auditentry RENAME COLUMN door TO gate")
    try:
        body = {"ids": [run.pk], "reason": "x"}
        answers = [
            client.get("/audit"),
            client.post("/ops/operate/runs.cancel", {**body, "confirm": "1"}),
            client.post("/api/runs/cancel", body, content_type="application/json", headers=headers),
            client.get("/login"),
        ]
    finally:
        execute("ALTER TABLE ops_auditentry RENAME COLUMN gate TO door")
    assert [answer.status_code for answer in answers] == [503] * 4
    assert all("manage.py prepare" in answer.content.decode() for answer in answers)
    run.refresh_from_db()
    assert run.status == "queued"
    assert client.get("/audit").status_code == 200


def test_a_migration_that_is_not_applied_is_unprepared(client: Client) -> None:
    require_prepared.cache_clear()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, app, name, applied FROM django_migrations WHERE app = 'ops' ORDER BY id DESC"
        )
        row = cursor.fetchone()
        cursor.execute("DELETE FROM django_migrations WHERE id = %s", [row[0]])
        try:
            assert client.get("/login").status_code == 503
        finally:
            cursor.execute(
                "INSERT INTO django_migrations (id, app, name, applied) VALUES (%s, %s, %s, %s)", row
            )
    assert client.get("/login").status_code == 200


@pytest.mark.postgresql
def test_another_applications_people_are_never_taken_for_ours(client: Client) -> None:
    require_prepared.cache_clear()
    execute("ALTER TABLE console.ops_user SET SCHEMA public")
    try:
        assert missing_tables(connection) == {"ops_user"}
        assert client.get("/login").status_code == 503
    finally:
        execute("ALTER TABLE public.ops_user SET SCHEMA console")
    assert client.get("/login").status_code == 200
