"""An empty list says what was searched and what not, and a list offers only what can do something."""

import html
import re
from typing import Any

import pytest
from django.test import Client

from ops.access.models import User
from tests.factories import make_event, make_function, make_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def get(client: Client, operator: User) -> Any:
    client.force_login(operator)
    return lambda address: client.get(address).content.decode()


def words(body: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_a_search_that_finds_no_run_says_where_it_looked(get: Any) -> None:
    make_run()
    body = get("/runs?q=ord%2699")
    assert "No run found for “ord&99”" in words(body)
    assert "Searched: the ids of runs" in words(body)
    assert "Not searched: payloads, errors, names of events" in words(body)
    assert 'href="/events?q=ord%2699"' in html.unescape(body)


def test_a_search_within_other_filters_offers_to_search_without_them(get: Any) -> None:
    make_run("charge-card", "completed")
    body = get("/runs?q=charge&state=failed")
    assert "limited by 1 other filter." in words(body)
    assert 'href="/runs?q=charge">Search all runs' in body


def test_searches_of_events_and_functions_say_where_they_looked(get: Any) -> None:
    make_event()
    make_function()
    assert "Searched: ids" in words(get("/events?q=nothing"))
    assert "Not searched: payloads" in words(get("/events?q=nothing&user_id=ann"))
    assert "limited by 1 other filter" in words(get("/events?q=nothing&user_id=ann"))
    assert "Searched: parts of ids and names" in words(get("/functions?q=nothing"))


@pytest.mark.parametrize(
    ("query", "offered"),
    [
        ("", ["runs.cancel", "runs.replay"]),
        ("?state=failed", ["runs.replay"]),
        ("?status=failed", ["runs.replay"]),
        ("?state=failed&state=queued", ["runs.cancel", "runs.replay"]),
        ("?status=running", ["runs.cancel", "runs.replay"]),
    ],
)
def test_all_that_match_are_offered_only_what_can_do_something(
    get: Any, query: str, offered: list[str]
) -> None:
    for status in ("failed", "queued", "running"):
        make_run(status=status)
    menu = get(f"/runs{query}").split('id="all-that-match"')[1].split("</details>")[0]
    assert re.findall(r'name="action" value="([^"]+)"', menu) == offered
    assert re.search(r"Act on all \d that match", menu)


def test_a_selection_knows_in_which_states_a_verb_does_something(get: Any) -> None:
    make_run(status="failed")
    bar = get("/runs").split("data-select-bar")[1]
    states = dict(re.findall(r'value="([^"]+)"\s+data-select-verb="\w+" data-select-states="([^"]*)"', bar))
    assert states["runs.cancel"] == "queued held running stuck"
    assert states["runs.replay"] == "queued held running stuck completed failed cancelled"
