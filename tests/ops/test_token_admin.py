"""API tokens in the admin: looked at and revoked, never deleted."""

import pytest
from django.test import Client

from ops.access.actors import Actor
from ops.access.models import User
from ops.audit.models import AuditEntry
from ops.tokens import actions
from ops.tokens.models import ApiToken

pytestmark = pytest.mark.django_db

LIST = "/admin/ops/apitoken/"


@pytest.fixture
def token(viewer: User) -> ApiToken:
    actor = Actor(user=None, door="command")
    return actions.create(user=viewer, name="<b>deploys</b>", days=7, actor=actor, reason="CI")[0]


@pytest.fixture
def adams(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


def page(token: ApiToken) -> str:
    return f"{LIST}{token.pk}/change/"


def test_the_list_and_the_page_show_no_secret(adams: Client, token: ApiToken) -> None:
    for address in (LIST, page(token)):
        body = adams.get(address).content.decode()
        assert token.prefix in body
        assert "&lt;b&gt;deploys&lt;/b&gt;" in body
        assert token.digest not in body


def test_revoking_needs_a_reason_and_is_audited(adams: Client, token: ApiToken) -> None:
    assert adams.post(page(token), {"reason": " "}).status_code == 400
    assert ApiToken.objects.get().revoked_at is None
    assert adams.post(page(token), {"reason": "leaked"}).status_code == 303
    assert ApiToken.objects.get().revoked_at is not None
    entry = AuditEntry.objects.get(verb="tokens.revoke")
    assert (entry.actor, entry.door, entry.reason) == ("adam", "page", "leaked")
    assert 'id="revoke"' not in adams.get(page(token)).content.decode()
    assert "revoked" in adams.get(LIST).content.decode()


def test_its_history_is_in_the_audit_log(adams: Client, token: ApiToken) -> None:
    answer = adams.get(f"{LIST}{token.pk}/history/", follow=True)
    assert answer.status_code == 200
    assert "Create token" in answer.content.decode()


def test_nothing_is_added_changed_or_deleted_here(adams: Client, token: ApiToken) -> None:
    assert adams.get(f"{LIST}add/").headers["Location"] == "/tokens"
    assert adams.post(f"{LIST}{token.pk}/delete/", {"post": "yes"}).status_code == 303
    assert adams.post(LIST, {"action": "delete_selected", "_selected_action": token.pk}).status_code in {
        200,
        302,
    }
    assert ApiToken.objects.get().revoked_at is None


def test_an_unknown_token_is_404(adams: Client) -> None:
    for key in ("999999", "x"):
        assert adams.get(f"{LIST}{key}/change/").status_code in {302, 404}


@pytest.mark.parametrize("role", ["viewer", "operator", "stranger"])
def test_other_roles_see_and_revoke_nothing(
    client: Client, token: ApiToken, role: str, request: pytest.FixtureRequest
) -> None:
    client.force_login(request.getfixturevalue(role))
    for answer in (client.get(LIST), client.get(page(token)), client.post(page(token), {"reason": "x"})):
        assert answer.status_code == 403
    assert ApiToken.objects.get().revoked_at is None
