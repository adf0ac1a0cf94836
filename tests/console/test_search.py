"""The field in the head of every page finds runs, events and functions, as far as the person may see them."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from functions.addresses import function_url
from ops.access.models import User
from tests.conftest import person
from tests.factories import make_event, make_function, make_run

pytestmark = pytest.mark.django_db
MOST = 20
Get = Callable[..., Any]


@pytest.fixture
def get(client: Client, viewer: User) -> Get:
    client.force_login(viewer)

    def search(text: str = "", **more: str) -> Any:
        return client.get(f"/search?{urlencode({'q': text} | more)}")

    return search


def rows(response: Any, kind: str) -> list[str]:
    """The links of a group's rows."""
    assert response.status_code == 200
    part = response.content.decode().partition(f'id="found-{kind}"')[2].partition("</section>")[0]
    return [piece.partition('"')[0] for piece in part.split('class="row-link" href="')[1:]]


def test_a_search_finds_runs_events_and_functions_and_leads_to_each_list(get: Get) -> None:
    event = make_event("order.placed")
    run = make_run("ship-order", event=event)
    make_function("order-mail")
    response = get("order")
    assert rows(response, "runs") == [run.get_absolute_url()]
    assert rows(response, "events") == [event.get_absolute_url()]
    assert rows(response, "functions") == [function_url("order-mail"), function_url("ship-order")]
    for kind in ("runs", "events", "functions"):
        assert f'href="/{kind}?q=order"' in response.content.decode()


def test_each_group_shows_the_newest_few_and_says_that_there_are_more(get: Get) -> None:
    runs = [make_run("order") for _ in range(7)]
    response = get("orde")
    assert rows(response, "runs") == [run.get_absolute_url() for run in runs[:1:-1]]
    assert "All that match" in response.content.decode()
    make_event("refund.asked")
    cache.clear()
    assert "Open as a list" in get("refund").content.decode()


@pytest.mark.parametrize("spelt", [str, str.upper, lambda pk: pk.replace("-", ""), lambda pk: f"  {pk} "])
def test_a_whole_id_leads_to_the_run_or_event(get: Get, spelt: Callable[[str], str]) -> None:
    event = make_event()
    for thing in (event, make_run(event=event)):
        assert get(spelt(thing.pk)).headers["Location"] == thing.get_absolute_url()


def test_a_function_s_id_leads_to_its_page_unless_it_may_mean_something_else(get: Get) -> None:
    make_function("sync-crm")
    assert get("sync-crm").headers["Location"] == function_url("sync-crm")
    make_event("sync-crm.done")
    cache.clear()
    assert rows(get("sync-crm"), "functions") == [function_url("sync-crm")]


def test_nothing_found_says_what_was_searched_and_what_not(get: Get) -> None:
    response = get("<nothing>")
    text = response.content.decode()
    assert "Nothing found for “&lt;nothing&gt;”" in text
    for part in ("parts of function ids", "errors", "parts of names", "payloads", "schedules"):
        assert part in text
    make_function("nothing-here")
    cache.clear()
    assert "None found. Searched: ids (whole" in get("nothing-").content.decode()


def test_only_what_the_person_may_see_is_searched(client: Client, db: None) -> None:
    someone = person("sam")
    someone.user_permissions.add(Permission.objects.get(codename="view_event"))
    client.force_login(someone)
    run = make_run("order-mail")
    make_event("order.placed")
    text = client.get("/search?q=order").content.decode()
    assert 'id="found-events"' in text
    assert 'id="found-runs"' not in text
    assert 'id="found-functions"' not in text
    assert client.get(f"/search?q={run.pk}").status_code == 200
    client.force_login(person("nobody"))
    assert "there is nothing to search" in client.get("/search?q=order").content.decode()


@pytest.mark.parametrize(
    ("query", "name"), [("q=a&x=1", "x"), ("q=a&q=b", "q"), ("q=%00", "q"), ("q=a&state=failed", "state")]
)
def test_what_the_search_does_not_know_is_refused(get: Get, client: Client, query: str, name: str) -> None:
    response = client.get(f"/search?{query}")
    assert response.status_code == 400
    assert f"<b>{name}</b>" in response.content.decode()


def test_without_a_text_the_page_says_what_can_be_searched(get: Get, client: Client) -> None:
    for response in (client.get("/search"), get("  ")):
        assert "What are you looking for?" in response.content.decode()


def test_a_search_takes_as_many_queries_for_many_rows_as_for_one(get: Get) -> None:
    def queries() -> int:
        cache.clear()
        with CaptureQueriesContext(connection) as asked:
            response = get("order")
        assert all(rows(response, kind) for kind in ("runs", "events", "functions"))
        return len(asked)

    make_run("order-0")
    queries()  # a person's permissions are kept from here on
    few = queries()
    for number in range(25):
        make_run(f"order-{number}")
        make_function(f"order-{number}")
    assert queries() == few <= MOST


def test_the_field_of_every_page_leads_here(client: Client, viewer: User) -> None:
    client.force_login(viewer)
    assert 'role="search" action="/search"' in client.get("/functions").content.decode()
