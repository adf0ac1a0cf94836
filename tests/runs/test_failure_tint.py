"""A failure rate is tinted by how bad it is, by the same rule on every page."""

import re

import pytest
from django.test import Client

from ops.access.models import User
from runs.stats.failure_tint import look_of
from tests.factories import make_event, make_run
from tests.people import enter

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("rate", "look"),
    [(None, ""), (0.0, ""), (0.049, ""), (0.05, "warn"), (0.199, "warn"), (0.2, "bad"), (1.0, "bad")],
)
def test_a_few_failures_are_no_alarm(rate: float | None, look: str) -> None:
    assert look_of(rate) == look


def fail(name: str, failed: int, completed: int) -> None:
    event = make_event()
    for status, count in (("failed", failed), ("completed", completed)):
        for _ in range(count):
            make_run(status=status, function_id=name, event=event)


def test_list_overview_and_function_tint_by_it(client: Client, viewer: User) -> None:
    enter(client, viewer)
    shares = {"calm": (1, 30), "uneasy": (2, 18), "broken": (5, 5)}
    for name, (failed, completed) in shares.items():
        fail(name, failed, completed)
    looks = {"calm": "", "uneasy": "warn", "broken": "bad"}
    for address, cell in (
        ("/functions", r'<td class="side-cell num *(\w*)" data-label="failed"'),
        ("/overview", r'<td class="num (\w*)">'),
    ):
        page = client.get(address).content.decode()
        for name, look in looks.items():
            row = re.search(rf'row-link"[^>]*>{name}<.*?</tr>', page, re.S)
            assert row is not None, (address, name)
            found = re.search(cell, row[0])
            assert found is not None, (address, name)
            assert found[1] == look, (address, name)
    for name, look in looks.items():
        page = client.get(f"/functions/{name}").content.decode()
        tile = re.search(r'<a class="kpi([^"]*)"[^>]*>(?:(?!</a>).)*?Failed', page, re.S)
        assert tile is not None
        assert tile[1].strip() == (f"is-{look}" if look else ""), name
