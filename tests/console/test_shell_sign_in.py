"""Signing in and out and their own password, and what the audit log keeps of it."""

from collections import Counter

import pytest
from django.http import HttpResponse
from django.test import Client

from ops.access.models import User
from ops.audit.models import AuditEntry

NEW = "correct horse battery"


def sign_in(client: Client, name: str = "olga", password: str = "demo", **more: str) -> HttpResponse:  # noqa: S107 - of a test
    return client.post("/login", {"username": name, "password": password, **more})  # type: ignore[return-value]


def entries() -> list[tuple[str, str, str]]:
    return list(AuditEntry.objects.order_by("id").values_list("verb", "actor", "outcome"))


def test_somebody_comes_in_and_leaves_and_both_are_entries(client: Client, operator: User) -> None:
    assert sign_in(client, next="/runs?state=failed").headers["Location"] == "/runs?state=failed"
    assert client.get("/password").status_code == 200
    assert client.post("/logout").headers["Location"] == "/login"
    assert client.get("/password").status_code == 302
    assert entries() == [("auth.sign_in", "olga", "performed"), ("auth.sign_out", "olga", "performed")]
    entry = AuditEntry.objects.get(verb="auth.sign_in")
    assert (entry.roles, entry.address, len(entry.request_id)) == ("Operator", "127.0.0.1", 36)


def test_without_a_way_back_it_leads_to_the_overview(client: Client, operator: User) -> None:
    assert sign_in(client).headers["Location"] == "/overview"


def test_who_is_in_already_goes_on(client: Client, operator: User) -> None:
    client.force_login(operator)
    assert client.get("/login?next=/runs").headers["Location"] == "/runs"


def test_who_is_signed_in_but_not_staff_is_asked_for_another_name(client: Client, operator: User) -> None:
    operator.is_staff = False
    operator.save()
    client.force_login(operator)
    response = client.get("/login?next=/runs")
    assert response.status_code == 200
    assert "may not use this console" in response.content.decode()


@pytest.mark.parametrize("evil", ["https://evil.example.com/", "//evil.example.com", "javascript:alert(1)"])
def test_nobody_is_led_elsewhere(client: Client, operator: User, evil: str) -> None:
    assert sign_in(client, next=evil).headers["Location"] == "/overview"


def test_signing_out_is_no_link(client: Client, operator: User) -> None:
    client.force_login(operator)
    assert client.get("/logout").status_code == 405
    assert client.get("/password").status_code == 200


@pytest.mark.parametrize(
    ("name", "password", "kept"),
    [("olga", "wrong", "olga"), ("my-secret-password", "olga", "(no such person)"), ("", "", None)],
)
def test_a_failure_is_an_entry_that_holds_no_secret(
    client: Client, operator: User, name: str, password: str, kept: str | None
) -> None:
    response = sign_in(client, name, password)
    assert response.status_code == 200
    assert "_auth_user_id" not in client.session
    assert entries() == ([("auth.sign_in_failed", "visitor", "refused")] if kept else [])
    assert [entry.parameters_value for entry in AuditEntry.objects.all()] == (
        [{"username": kept}] if kept else []
    )


@pytest.mark.parametrize("column", ["is_active", "is_staff"])
def test_who_may_not_use_the_console_does_not_come_in(client: Client, operator: User, column: str) -> None:
    setattr(operator, column, False)
    operator.save()
    assert sign_in(client).status_code == 200
    assert "_auth_user_id" not in client.session


def test_five_failures_close_the_door_for_this_name_and_address_only(
    client: Client, operator: User, viewer: User
) -> None:
    answers = [sign_in(client, password="wrong").status_code for _ in range(6)]
    assert answers == [200, 200, 200, 200, 429, 429]
    locked = sign_in(client)
    assert locked.status_code == 429
    text = locked.content.decode()
    assert "olga" in text
    assert "15 m 00 s" in text
    verbs = Counter(verb for verb, _, _ in entries())
    assert verbs == {"auth.sign_in_failed": 5, "auth.locked_out": 1}
    assert sign_in(Client(), "vera").headers["Location"] == "/overview"
    assert sign_in(Client(REMOTE_ADDR="192.0.2.7")).headers["Location"] == "/overview"


def test_the_form_asks_for_its_token(operator: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    refused = sign_in(strict)
    assert refused.status_code == 403
    assert "This form is out of date" in refused.content.decode()
    assert entries() == []


def change(client: Client, old: str, new: str = NEW) -> HttpResponse:
    data = {"old_password": old, "new_password1": new, "new_password2": new}
    return client.post("/password", data)  # type: ignore[return-value]


def test_the_own_password_changes_and_ends_the_other_sessions(client: Client, operator: User) -> None:
    other = Client()
    other.force_login(operator)
    client.force_login(operator)
    AuditEntry.objects.count()
    assert change(client, "demo").headers["Location"] == "/password"
    assert client.get("/password").status_code == 200
    assert other.get("/password").status_code == 302
    entry = AuditEntry.objects.get(verb="users.change_password")
    assert (entry.actor, entry.outcome) == ("olga", "performed")
    assert NEW not in entry.parameters
    assert sign_in(Client(), password=NEW).headers["Location"] == "/overview"


@pytest.mark.parametrize(("old", "new"), [("wrong", NEW), ("demo", "short"), ("demo", "password1234")])
def test_a_refused_change_says_why_and_changes_nothing(
    client: Client, operator: User, old: str, new: str
) -> None:
    client.force_login(operator)
    response = change(client, old, new)
    assert response.status_code == 200
    assert "field-error" in response.content.decode()
    assert not AuditEntry.objects.filter(verb="users.change_password").exists()
    assert sign_in(Client()).headers["Location"] == "/overview"
