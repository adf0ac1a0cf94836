"""Figures and lists that can't be read are errors in their panels; the pages around them live."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from functions.registry import registry
from ops.access.models import User
from tests.engine.databases import connect
from tests.factories import make_event, make_function, make_run

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def event_address() -> Iterator[str]:
    """Nobody can read runs, and a statement may take 200 ms; the address of an event."""
    cache.clear()
    make_function("charge-card")
    event = make_event("order.placed")
    make_run("charge-card", event=event)
    registry()
    with connect(connection.settings_dict["NAME"]) as other, other.transaction():
        other.execute("LOCK TABLE function_runs IN ACCESS EXCLUSIVE MODE")
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = '200ms'")
        yield event.get_absolute_url()
    with connection.cursor() as cursor:
        cursor.execute("RESET statement_timeout")


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("/overview", "The figures could not be read"),
        ("/functions", "The list could not be read"),
        ("/functions/charge-card", "The figures could not be read"),
    ],
)
def test_figures_that_take_too_long_say_so_and_the_page_lives(
    client: Client, operator: User, event_address: str, address: str, title: str
) -> None:
    client.force_login(operator)
    response = client.get(address)
    body = response.content.decode()
    assert response.status_code == 503
    assert title in body
    assert "This took too long" in body
    assert 'aria-label="Pages"' in body
    assert client.get(address, headers={"HX-Request": "true"}).status_code == 503


def test_a_search_that_takes_too_long_asks_no_further_list_and_says_so(
    client: Client, operator: User, event_address: str
) -> None:
    client.force_login(operator)
    response = client.get("/search?q=card")
    assert response.status_code == 503
    assert response.content.decode().count("Not searched: the database is busy or took too long") == 3


def test_events_are_shown_without_the_runs_that_can_not_be_read(
    client: Client, operator: User, event_address: str
) -> None:
    client.force_login(operator)
    listed = client.get("/events").content.decode()
    assert event_address in listed
    assert "could not be read" in listed
    shown = client.get(event_address).content.decode()
    assert "The runs could not be read" in shown
    assert 'id="payload-json"' in shown
    assert 'id="missing"' not in shown
