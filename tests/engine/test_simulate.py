"""The command `simulate`."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from ops.access.demo_accounts import make_accounts
from ops.access.models import User
from ops.engine.simulator import NotOurs
from runs.models import Run


def simulate(*arguments: str) -> str:
    output = StringIO()
    call_command("simulate", *arguments, stdout=output)
    return output.getvalue()


def forget_who_made_it() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE console_simulator")


def test_seed_makes_runs_and_the_accounts_of_the_demo(db: None) -> None:
    output = simulate("seed", "--runs", "300", "--days", "2")
    assert "Accounts viewer, operator, admin, password demo." in output
    assert "300 runs of 2 days" in output
    assert Run.objects.count() == 300


def test_each_account_is_in_its_group_and_its_password_is_hashed(db: None) -> None:
    make_accounts(connection)
    for name, role in (("viewer", "Viewer"), ("operator", "Operator"), ("admin", "Admin")):
        user = User.objects.get(username=name)
        assert [group.name for group in user.groups.all()] == [role]
        assert user.check_password("demo")
        assert "demo" not in user.password
        assert (user.is_staff, user.is_superuser) == (True, False)


def test_a_second_seed_changes_nothing(db: None) -> None:
    simulate("seed", "--runs", "60", "--days", "1")
    before = set(Run.objects.values_list("id", flat=True))
    assert simulate("seed", "--runs", "60") == "The past has been seeded already.\n"
    assert set(Run.objects.values_list("id", flat=True)) == before


def test_an_account_that_somebody_changed_stays_as_it_is(db: None) -> None:
    make_accounts(connection)
    User.objects.filter(username="viewer").update(is_active=False)
    assert make_accounts(connection) == []
    assert not User.objects.get(username="viewer").is_active


@pytest.mark.parametrize("verb", ["create", "seed", "live"])
def test_a_database_of_somebody_else_is_refused(db: None, verb: str) -> None:
    forget_who_made_it()
    with pytest.raises(CommandError, match="simulator"):
        simulate(verb)
    assert not User.objects.exists()
    assert not Run.objects.exists()


def test_accounts_are_made_in_no_other_database(db: None) -> None:
    forget_who_made_it()
    with pytest.raises(NotOurs):
        make_accounts(connection)
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("seed", "--runs", "0"), "--runs: 0 is not between 1 and 100,000,000"),
        (("seed", "--runs", "many"), "--runs: “many” is not a number"),
        (("seed", "--days", "-1"), "--days: -1 is not between 1 and 36,500"),
        (("live", "--rate", "0"), "--rate: 0 is not between 0.01 and 1,000"),
        (("live", "--rate", "nan"), "--rate: nan is not between"),
        ((), "the following arguments are required: verb"),
    ],
)
def test_unusable_arguments_are_named(db: None, arguments: Any, message: str) -> None:
    with pytest.raises(CommandError, match=message):
        simulate(*arguments)
