"""A page of something that isn't there says which thing, and what may have become of it."""

import html
import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from ops.access.models import User
from tests.factories import make_run

pytestmark = pytest.mark.django_db
NOBODY = "01900000-0000-7000-8000-000000000000"


@pytest.fixture
def told(client: Client, admin: User) -> Any:
    client.force_login(admin)

    def get(address: str, **headers: str) -> str:
        answer = client.get(address, headers=headers)
        assert answer.status_code == 404
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())

    return get


@pytest.mark.parametrize(
    ("address", "thing", "reason"),
    [
        (f"/runs/{NOBODY}", f"There is no run {NOBODY}", "removed from the engine's database"),
        (f"/runs/{NOBODY}/quick", f"There is no run {NOBODY}", "cut short"),
        ("/runs/01a1", "There is no run 01a1", "cut short"),
        (f"/events/{NOBODY}", f"There is no event {NOBODY}", "removed from the engine's database"),
        ("/functions/sync-crm", "There is no function sync-crm", "isn't registered"),
        ("/functions/~YS8v", "There is no function a//", "no run names it"),
        ("/ops/jobs/4711", "There is no job 4711", "discarded"),
        ("/audit/4711", "There is no audit entry 4711", "the last one is"),
    ],
)
def test_a_page_says_which_thing_is_not_there_and_why(
    told: Any, address: str, thing: str, reason: str
) -> None:
    for headers in ({}, {"HX-Request": "true"}):
        text = told(address, **headers)
        assert thing in text
        assert reason in text
        assert "nothing at this address" not in text


def test_a_value_that_a_run_does_not_have_is_not_called_a_missing_run(told: Any) -> None:
    text = told(f"{make_run().get_absolute_url()}/values/output")
    assert "There is no run" not in text
    assert "no such value" in text


def test_the_same_page_of_another_environment_is_offered(told: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SIBLINGS", {"staging": "https://staging.example.com"})
    assert "Look in staging" in told(f"/runs/{NOBODY}")


def test_an_address_that_no_page_has_says_so(told: Any) -> None:
    assert "There is nothing at this address" in told("/rnus")


@pytest.mark.parametrize(("query", "title"), [("", "No API tokens yet"), ("?q=nobody", "Nothing found")])
def test_an_empty_list_of_the_admin_offers_to_clear_only_what_is_on(
    client: Client, admin: User, query: str, title: str
) -> None:
    client.force_login(admin)
    text = client.get(f"/admin/ops/apitoken/{query}").content.decode()
    assert title in text
    assert ("Clear the search" in text) == bool(query)
