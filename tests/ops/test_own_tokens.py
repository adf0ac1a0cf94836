"""The page of one's own API tokens: made there, shown once, revoked."""

import re

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from ops.access.actors import Actor
from ops.access.models import User
from ops.audit.models import AuditEntry
from ops.tokens import actions
from ops.tokens.models import ApiToken
from tests.api.conftest import make_token, with_token
from tests.conftest import person
from tests.people import enter

pytestmark = pytest.mark.django_db
PAGE = "/tokens"


@pytest.fixture
def olga(client: Client, operator: User) -> Client:
    return enter(client, operator)


UNUSABLE = [("days", 0), ("days", 9_999), ("days", "x"), ("name", " "), ("name", "\x00")]


def shown(page: str) -> list[str]:
    """The texts of tokens on the page."""
    return re.findall(r"choreo_[0-9a-f]{8}_[\w-]{40,}", page)


def create(client: Client, name: str = "deploys", days: object = 7, **more: str) -> str:
    return client.post(PAGE, {"name": name, "days": days, **more}).content.decode()


def test_a_person_creates_a_token_that_is_shown_once_and_audited(olga: Client, operator: User) -> None:
    text = shown(create(olga))[0]
    assert actions.check(text).user == operator
    assert with_token(text).get("/api/runs")["results"] == []
    page = olga.get(PAGE).content.decode()
    assert "deploys" in page
    assert shown(page) == []
    entry = AuditEntry.objects.get(verb="tokens.create")
    assert (entry.actor, entry.door, entry.parameters_value["name"]) == ("olga", "page", "deploys")
    assert text.split("_", 2)[2] not in repr(entry.__dict__)


def test_the_answer_with_the_token_is_kept_by_no_browser(olga: Client) -> None:
    answer = olga.post(PAGE, {"name": "deploys", "days": 7})
    assert "no-store" in answer.headers["Cache-Control"]


def test_the_same_form_sent_again_makes_no_second_token(olga: Client) -> None:
    create(olga)
    assert "There is a token of this name" in create(olga)
    assert ApiToken.objects.count() == 1


def test_the_name_of_a_token_that_is_over_is_free(olga: Client) -> None:
    create(olga)
    actions.revoke(list(ApiToken.objects.all()), actor=Actor(user=None, door="system"), reason="x")
    assert shown(create(olga))


@pytest.mark.parametrize(("field", "value"), UNUSABLE)
def test_an_unusable_wish_is_told_at_its_field(olga: Client, field: str, value: object) -> None:
    answer = olga.post(PAGE, {"name": "deploys", "days": 7, field: value})
    assert answer.status_code == 400
    assert "field-error" in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_one_revokes_one_s_own_with_a_reason_and_nobody_else_s(olga: Client, viewer: User) -> None:
    create(olga)
    own = ApiToken.objects.get()
    make_token(viewer)
    other = ApiToken.objects.get(user=viewer)
    assert olga.post(f"{PAGE}/{own.prefix}", {"reason": " "}).status_code == 400
    assert olga.post(f"{PAGE}/{own.prefix}", {"reason": "leaked"}).status_code == 303
    assert olga.post(f"{PAGE}/{other.prefix}", {"reason": "x"}).status_code == 404
    assert [token.revoked_at is None for token in (ApiToken.objects.get(pk=own.pk), other)] == [False, True]
    assert AuditEntry.objects.get(verb="tokens.revoke").reason == "leaked"


def test_only_who_may_creates_tokens_for_others(
    client: Client, olga: Client, admin: User, viewer: User
) -> None:
    create(olga, user="vera")
    assert ApiToken.objects.get().user.username == "olga"
    text = shown(create(enter(client, admin), name="nightly", user="vera"))[0]
    assert actions.check(text).user == viewer
    entry = AuditEntry.objects.filter(verb="tokens.create").latest("id")
    assert (entry.actor, entry.parameters_value["user"]) == ("adam", "vera")


def test_nobody_gets_a_token_of_somebody_who_may_more(client: Client, admin: User) -> None:
    User.objects.create_superuser("root", password="demo")
    enter(client, admin)
    assert "may do more than you" in create(client, user="root")
    assert "There is no user" in create(client, user="nobody")
    out = person("otto", "Viewer")
    User.objects.filter(pk=out.pk).update(is_staff=False)
    assert "may not use the console" in create(client, user="otto")
    assert not ApiToken.objects.exists()


def test_the_pages_of_tokens_are_in_the_menus(olga: Client) -> None:
    page = olga.get("/overview").content.decode()
    assert page.count('href="/tokens"') >= 2
    strangers = Group.objects.create(name="Reader")
    strangers.permissions.set(Permission.objects.filter(codename="view_run"))
    reader = enter(Client(), person("rita", "Reader"))
    assert 'href="/tokens"' not in reader.get("/overview").content.decode()
    assert reader.get(PAGE).status_code == 403
