"""What wrong passwords close: a name with an address, an address, a name; never a device that is known."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.db import connection
from django.test import Client
from django.utils import timezone

from ops.access.models import User
from ops.audit.models import AuditEntry
from tests.conftest import person

NEW = "correct horse battery"
pytestmark = pytest.mark.django_db


def sign_in(client: Client, name: str = "olga", password: str = "wrong", **about: Any) -> int:  # noqa: S107 - of a test
    return client.post("/login", {"username": name, "password": password}, **about).status_code


def from_address(number: int, **about: Any) -> Client:
    return Client(REMOTE_ADDR=f"192.0.2.{number}", **about)


def verbs() -> Counter[str]:
    return Counter(AuditEntry.objects.values_list("verb", flat=True))


def closed() -> list[dict[str, Any]]:
    """What the log says of each lock."""
    return [entry.parameters_value for entry in AuditEntry.objects.filter(verb="auth.locked_out")]


def let_pass(minutes: int) -> None:
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=minutes))


def test_many_names_from_one_address_close_the_address(client: Client) -> None:
    answers = [sign_in(client, f"name-{number}") for number in range(60)]
    assert answers == [200] * 19 + [429] * 41
    assert closed() == [{"closed": "address"}]
    assert verbs() == {"auth.sign_in_failed": 20, "auth.locked_out": 1}


def test_one_name_tried_from_many_addresses_is_closed(operator: User) -> None:
    answers = [sign_in(from_address(number % 10)) for number in range(40)]
    assert answers == [200] * 19 + [429] * 21
    assert closed() == [{"closed": "name", "username": "olga"}]
    assert sign_in(from_address(99), password="demo") == 429


def test_strangers_don_t_lock_out_a_device_in_which_the_person_has_signed_in(operator: User) -> None:
    mine = from_address(200)
    assert sign_in(mine, password="demo") == 302
    mine.post("/logout")
    for number in range(60):
        sign_in(from_address(number % 10))
        sign_in(from_address(200), f"name-{number}")  # the same office
    assert sign_in(from_address(200), password="demo") == 429
    assert sign_in(mine, password="demo") == 302


def test_a_known_device_guesses_no_more_than_others_and_for_no_other_name(
    operator: User, viewer: User
) -> None:
    mine = from_address(200)
    sign_in(mine, password="demo")
    mine.post("/logout")
    assert [sign_in(mine) for _ in range(6)] == [200, 200, 200, 200, 429, 429]
    assert sign_in(mine, "vera", password="demo") == 302
    assert [sign_in(from_address(number), "vera") for number in range(21)][-1] == 429
    other = from_address(201)
    other.cookies["console_device"] = mine.cookies["console_device"].value + "x"
    assert sign_in(other, "vera", password="demo") == 429


def test_a_lock_ends_by_itself_and_is_one_entry_however_long_it_is_tried(client: Client) -> None:
    for number in range(60):
        sign_in(client, f"name-{number}")
    AccessAttempt.objects.filter(username="name-3").delete()  # the first to have waited long enough
    assert sign_in(client, "name-99") == 429
    assert len(closed()) == 1
    let_pass(16)
    assert sign_in(client, "name-99") == 200


def test_signing_in_takes_back_nothing_but_ones_own_failures(viewer: User, operator: User) -> None:
    mallory = from_address(7)
    for number in range(15):
        sign_in(mallory, f"name-{number}")
    assert sign_in(mallory, "vera", password="demo") == 302
    mallory.post("/logout")
    assert [sign_in(mallory, f"other-{number}") for number in range(5)][-1] == 429


def test_wrong_old_passwords_are_counted_like_wrong_sign_ins(client: Client, operator: User) -> None:
    sign_in(client, password="demo")
    form = {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW}
    answers = [client.post("/password", form).status_code for _ in range(15)]
    assert answers == [200] * 4 + [429] * 11
    assert client.post("/password", form | {"old_password": "demo"}).status_code == 429
    assert closed() == [{"closed": "device", "username": "olga"}]
    entry = AuditEntry.objects.filter(verb="auth.sign_in_failed").first()
    assert entry is not None
    assert entry.actor == "olga"
    operator.refresh_from_db()
    assert operator.check_password("demo")


def test_no_password_is_kept_beside_the_counters(client: Client, operator: User) -> None:
    client.force_login(operator)
    old, new = "my-old-secret", "my-new-secret-1"
    client.post("/password", {"old_password": old, "new_password1": new, "new_password2": new})
    sign_in(Client(), password=old)
    kept = repr(list(AccessAttempt.objects.values()))
    assert AccessAttempt.objects.get().failures_since_start == 2
    assert old not in kept
    assert new not in kept


@pytest.mark.parametrize("said", ["unknown", "x" * 300, "\x00", "192.0.2.1:80"])
def test_a_forwarded_address_that_is_none_breaks_no_sign_in(client: Client, settings: Any, said: str) -> None:
    settings.PROXIES = 1
    assert sign_in(client, headers={"X-Forwarded-For": said}) == 200


def test_the_addresses_of_one_ipv6_network_are_closed_together(db: None) -> None:
    tries = [sign_in(Client(REMOTE_ADDR=f"2001:db8::{host:x}"), f"name-{host}") for host in range(21)]
    assert tries[-1] == 429
    assert sign_in(Client(REMOTE_ADDR="2001:db8:0:1::1"), "name-1") == 200


def test_nobody_sets_their_own_password_without_the_old_one(client: Client, admin: User) -> None:
    client.force_login(admin)
    data = {"password1": NEW, "password2": NEW, "set-password": "1"}
    for answer in (
        client.get(f"/admin/ops/user/{admin.pk}/password/"),
        client.post(f"/admin/ops/user/{admin.pk}/password/", data),
    ):
        assert (answer.status_code, answer.headers["Location"]) == (303, "/password")
    admin.refresh_from_db()
    assert admin.check_password("demo")


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_wrong_passwords_at_once_close_a_door_with_one_entry() -> None:
    person("olga", "Operator")

    def attempt(_: int) -> int:
        try:
            return sign_in(from_address(1))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(attempt, range(24)))
    assert 429 in answers
    assert len(closed()) == 1
