"""What a process keeps of people's rights is gone with the next change of them, whoever made it."""

import sqlite3
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ops.access import rights_triggers
from ops.access.models import User
from ops.access.rights import VERSION, read_version, rights
from ops.models import ApiToken, RightsVersion
from ops.tokens.actions import note_use
from tests.api.conftest import make_token, signed_in, with_token
from tests.people import enter

pytestmark = pytest.mark.django_db

# What a person who looks at the database by hand may write.
LEAVES_ALL_ROLES = "DELETE FROM {groups} WHERE user_id = {user}"
ROLE_LOSES_ALL = "DELETE FROM auth_group_permissions"
MAY_NOT_ENTER = "UPDATE {users} SET is_staff = {false} WHERE id = {user}"


def statement(text: str, user: User) -> str:
    return text.format(
        groups=User.groups.through._meta.db_table,
        users=User._meta.db_table,
        user=user.pk,
        false="FALSE" if connection.vendor == "postgresql" else "0",
    )


@contextmanager
def other_program() -> Any:
    """A connection that knows nothing of Django."""
    if connection.vendor == "sqlite":
        foreign: Any = sqlite3.connect(connection.settings_dict["NAME"])
    else:
        import psycopg

        foreign = psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor})
    try:
        yield foreign
        foreign.commit()
    finally:
        foreign.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("text", [LEAVES_ALL_ROLES, ROLE_LOSES_ALL, MAY_NOT_ENTER])
def test_what_another_program_takes_away_is_gone_with_the_next_request(viewer: User, text: str) -> None:
    person, token = signed_in(viewer), with_token(make_token(viewer))
    page = enter(Client(), viewer)
    for caller in (person, token):
        caller.get("/api/runs")
        caller.get("/api/runs")
        assert caller.status == 200
    assert page.get("/runs").status_code == 200
    with other_program() as foreign:
        foreign.cursor().execute(statement(text, viewer))
    for caller in (person, token):
        caller.get("/api/runs")
        assert caller.status in {401, 403}
    assert page.get("/runs").status_code in {302, 403}


CHANGES: dict[str, Callable[[User], Any]] = {
    "left the role": lambda user: user.groups.clear(),
    "role lost its permissions": lambda user: Group.objects.get(name="Viewer").permissions.clear(),
    "role is gone": lambda user: Group.objects.filter(name="Viewer").delete(),
    "memberships are gone": lambda user: User.groups.through.objects.all()._raw_delete("default"),
    "inactive": lambda user: User.objects.filter(pk=user.pk).update(is_active=False),
    "no staff": lambda user: User.objects.filter(pk=user.pk).update(is_staff=False),
    "token revoked": lambda user: ApiToken.objects.update(revoked_at=timezone.now()),
    "token expired": lambda user: ApiToken.objects.update(expires_at=timezone.now()),
    "token is gone": lambda user: ApiToken.objects.all().delete(),
    "user is gone": lambda user: User.objects.filter(pk=user.pk).delete(),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_token_opens_no_more_than_what_holds_now(viewer: User, name: str) -> None:
    caller = with_token(make_token(viewer))
    caller.get("/api/runs")
    assert caller.status == 200
    CHANGES[name](viewer)
    caller.get("/api/runs")
    assert caller.status in {401, 403}


def test_what_is_granted_holds_with_the_next_request(stranger: User) -> None:
    caller = with_token(make_token(stranger))
    caller.get("/api/runs")
    assert caller.status == 403
    stranger.groups.add(Group.objects.get(name="Viewer"))
    caller.get("/api/runs")
    assert caller.status == 200


def test_a_new_password_ends_other_sessions_at_once(viewer: User) -> None:
    client = enter(Client(), viewer)
    assert client.get("/runs").status_code == 200
    viewer.set_password("another one")
    viewer.save()
    assert client.get("/runs").status_code == 302


def test_what_a_transaction_read_that_was_rolled_back_is_never_taken_for_true(viewer: User) -> None:
    for change in (viewer.groups.clear, viewer.groups.clear):
        with transaction.atomic():
            change()
            assert rights().person(viewer.pk) is not None
            transaction.set_rollback(True)
        assert rights().person(viewer.pk).has_perm("runs.view_run")
    viewer.groups.clear()
    assert not rights().person(viewer.pk).has_perm("runs.view_run")


def test_signing_in_and_the_use_of_tokens_leave_what_is_kept(viewer: User) -> None:
    text = make_token(viewer)
    before = read_version()
    note_use(ApiToken.objects.get())
    User.objects.filter(pk=viewer.pk).update(last_login=timezone.now())
    with_token(text).get("/api/runs")
    assert read_version() == before is not None


def test_each_request_has_a_person_of_its_own(viewer: User) -> None:
    from ops.access.rights import RightsBackend

    one, other = RightsBackend().get_user(viewer.pk), RightsBackend().get_user(viewer.pk)
    one.first_name = "changed by one request"
    assert one == other
    assert other.first_name == ""


def test_who_asks_takes_one_query_however_often(viewer: User) -> None:
    caller = with_token(make_token(viewer))
    caller.get("/api/runs")
    with CaptureQueriesContext(connection) as queries:
        caller.get("/api/runs")
    assert [query["sql"] for query in queries if "function_runs" not in query["sql"]] == [VERSION]


@pytest.mark.parametrize("model", list(rights_triggers.watched()))
def test_without_one_of_its_triggers_nothing_is_kept_until_they_are_put_back(
    viewer: User, model: Any
) -> None:
    with connection.cursor() as cursor:
        rights_triggers.drop(cursor, model)
    rights_triggers.are_installed.cache_clear()
    try:
        assert read_version() is None
        assert rights().values == {}
        assert rights().person(viewer.pk).has_perm("runs.view_run")
        assert rights().values == {}
        rights_triggers.after_migrations("default")
        assert read_version() is not None
    finally:
        rights_triggers.are_installed.cache_clear()


def test_without_the_row_nothing_is_kept(viewer: User) -> None:
    RightsVersion.objects.all().delete()
    assert rights().person(viewer.pk) is not rights().person(viewer.pk)


@pytest.mark.sqlite
def test_a_trigger_that_knows_fewer_columns_is_made_again(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER auth_group_rights_update")
        cursor.execute(
            "CREATE TRIGGER auth_group_rights_update AFTER update OF id ON auth_group BEGIN SELECT 1; END"
        )
    assert rights_triggers.lacking(connection) == [Group]
    rights_triggers.install(connection)
    assert rights_triggers.lacking(connection) == []
