"""API tokens: shown once, kept as a digest, ended at once."""

import sqlite3
import threading
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from ops.access.actors import Actor
from ops.access.models import User
from ops.audit.models import AuditEntry
from ops.platform.errors import InvalidInput
from ops.tokens import actions
from ops.tokens.models import ApiToken

pytestmark = pytest.mark.django_db

SHELL = Actor(user=None, door="command")


def make(user: User, **about: Any) -> tuple[ApiToken, str]:
    return actions.create(user=user, name="deploys", days=about.get("days", 90), actor=SHELL, reason="for CI")


def change(token: ApiToken, **columns: Any) -> None:
    ApiToken.objects.filter(pk=token.pk).update(**columns)


def test_the_text_opens_what_its_owner_may_and_is_nowhere_kept(viewer: User) -> None:
    token, text = make(viewer)
    assert actions.check(text) == token
    assert actions.check(text).user == viewer
    kept = [str(value) for value in ApiToken.objects.values().get().values()]
    secret = text.split("_", 2)[2]
    assert len(secret) >= 43
    assert not any(secret in value for value in kept)


def test_two_tokens_differ(viewer: User) -> None:
    assert make(viewer)[1] != make(viewer)[1]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-1],
        lambda text: text + "x",
        lambda text: text.upper(),
        lambda text: text.replace("choreo", "chored"),
        lambda text: "",
        lambda text: "choreo_",
        lambda text: "\x00" + text,
        lambda text: "é" * 100,
    ],
)
def test_any_other_text_opens_nothing(viewer: User, spoil: Any) -> None:
    _, text = make(viewer)
    with pytest.raises(actions.Unusable, match="unknown"):
        actions.check(spoil(text))


def test_an_expired_token_opens_nothing(viewer: User) -> None:
    token, text = make(viewer)
    change(token, expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(actions.Unusable, match="expired"):
        actions.check(text)


def test_a_revoked_token_opens_nothing_and_stays_revoked(viewer: User) -> None:
    token, text = make(viewer)
    assert actions.revoke([token], actor=SHELL, reason="leaked") == 1
    with pytest.raises(actions.Unusable, match="revoked"):
        actions.check(text)
    ended = ApiToken.objects.get().revoked_at
    assert actions.revoke([token], actor=SHELL, reason="again") == 0
    assert ApiToken.objects.get().revoked_at == ended


def test_a_token_of_somebody_who_may_not_sign_in_opens_nothing(viewer: User) -> None:
    _, text = make(viewer)
    viewer.is_active = False
    viewer.save()
    with pytest.raises(actions.Unusable, match="owner"):
        actions.check(text)
    with pytest.raises(InvalidInput, match="may not use the console"):
        make(viewer)


@pytest.mark.parametrize(("field", "about"), [("days", {"days": 0}), ("days", {"days": 9_999})])
def test_an_unusable_life_is_refused(viewer: User, field: str, about: dict[str, int]) -> None:
    with pytest.raises(InvalidInput) as caught:
        make(viewer, **about)
    assert caught.value.fields.keys() == {field}
    assert not ApiToken.objects.exists()


def test_making_and_revoking_are_audited_without_the_secret(viewer: User) -> None:
    token, text = make(viewer)
    actions.revoke([token], actor=SHELL, reason="leaked")
    made, ended = AuditEntry.objects.order_by("id")
    assert (made.verb, made.parameters_value["prefix"]) == ("tokens.create", token.prefix)
    assert made.parameters_value["user"] == "vera"
    assert (ended.verb, ended.reason, ended.counts_value["done"]) == ("tokens.revoke", "leaked", 1)
    assert text.split("_", 2)[2] not in f"{vars(made)} {vars(ended)}"


def test_use_is_noted_at_most_once_a_minute(viewer: User) -> None:
    token, text = make(viewer)
    actions.note_use(actions.check(text))
    first = ApiToken.objects.get().last_used_at
    assert first is not None
    actions.note_use(actions.check(text))
    assert ApiToken.objects.get().last_used_at == first
    long_ago = first - timedelta(seconds=61)
    change(token, last_used_at=long_ago)
    known = actions.check(text)
    known.last_used_at = long_ago
    actions.note_use(known)
    assert (ApiToken.objects.get().last_used_at or long_ago) > first


def test_what_another_process_has_noted_is_not_noted_again(viewer: User) -> None:
    token, text = make(viewer)
    known = actions.check(text)
    just_now = timezone.now()
    change(token, last_used_at=just_now)
    actions.note_use(known)
    assert ApiToken.objects.get().last_used_at == just_now


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_a_database_that_the_engine_holds_fails_no_request(viewer: User) -> None:
    token, _ = make(viewer)
    holder = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    given_up = threading.Timer(8, holder.interrupt)  # a wait of ten seconds would be the verbs' own
    given_up.start()
    try:
        actions.note_use(token)
        assert given_up.is_alive()
    finally:
        given_up.cancel()
        holder.execute("ROLLBACK")
        holder.close()
    assert ApiToken.objects.get().last_used_at is None
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA busy_timeout").fetchone() == (10_000,)


def run(*arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("token", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_command_prints_a_new_token_alone_so_that_scripts_can_take_it(viewer: User) -> None:
    out, err = run("create", "--user", "vera", "--name", "deploys", "--days", "7")
    assert actions.check(out.strip()).user == viewer
    assert "deploys" in err
    assert out.strip() not in err
    life = ApiToken.objects.get().expires_at - timezone.now()
    assert timedelta(days=6) < life <= timedelta(days=7)


def test_the_command_lists_and_revokes(viewer: User, operator: User) -> None:
    mine, theirs = make(viewer)[0], make(operator)[0]
    out, _ = run("list")
    assert mine.prefix in out
    assert theirs.prefix in out
    out, _ = run("list", "--user", "vera")
    assert theirs.prefix not in out
    assert "revoked" in run("revoke", mine.prefix)[0]
    assert "before" in run("revoke", mine.prefix)[0]
    assert "revoked" in run("list", "--user", "vera")[0]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["create", "--user", "nobody", "--name", "x"], "nobody"),
        (["create", "--user", "vera", "--name", " "], "name"),
        (["create", "--user", "vera", "--name", "x", "--days", "0"], "days"),
        (["list", "--user", "nobody"], "nobody"),
        (["revoke", "00000000"], "00000000"),
    ],
)
def test_the_command_says_what_is_wrong_and_exits_with_2(
    viewer: User, arguments: list[str], word: str
) -> None:
    with pytest.raises(CommandError, match=word) as caught:
        run(*arguments)
    assert caught.value.returncode == 2
