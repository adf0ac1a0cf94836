"""A list that can't be read is an error in its panel; the page around it lives."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from tests.engine.databases import connect
from tests.factories import make_run

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def locked_runs() -> Iterator[None]:
    """Nobody can read runs, and a statement may take 200 ms."""
    cache.clear()
    make_run()
    with connect(connection.settings_dict["NAME"]) as other, other.transaction():
        other.execute("LOCK TABLE function_runs IN ACCESS EXCLUSIVE MODE")
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = '200ms'")
        yield
    with connection.cursor() as cursor:
        cursor.execute("RESET statement_timeout")


@pytest.mark.parametrize("query", ["", "?state=failed", "?q=charge"])
def test_a_list_that_takes_too_long_says_so_and_the_page_lives(
    client: Client, operator: Any, locked_runs: None, query: str
) -> None:
    client.force_login(operator)
    response = client.get(f"/runs{query}")
    body = response.content.decode()
    assert response.status_code == 503
    assert "The list could not be read" in body
    assert "This took too long" in body
    assert 'id="filters"' in body
    assert 'aria-label="Pages"' in body


def test_a_refresh_that_takes_too_long_is_not_swapped_in(
    client: Client, operator: Any, locked_runs: None
) -> None:
    client.force_login(operator)
    assert client.get("/runs", headers={"HX-Request": "true"}).status_code == 503
