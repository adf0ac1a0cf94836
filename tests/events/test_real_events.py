"""Events and functions that the real engine wrote: pages open, filters find what plain SQL finds."""

import re

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import QueryDict
from django.test import Client

from events.filters import EventFilter
from events.models import Event
from functions.addresses import function_url
from functions.models import Function
from ops.access.models import User
from ops.lists.pagination import capped_count
from runs.models import Run
from tests.engine.real_data import needs_real_data
from tests.engine.real_rows import load_real_rows

pytestmark = [pytest.mark.django_db, needs_real_data]
CONDITIONS = {
    "": "1 = 1",
    "name=order.placed": "name = 'order.placed'",
    "name=order.placed&name=user.signed_up": "name IN ('order.placed', 'user.signed_up')",
    "received_from=2026-11-20T23:04:30Z": "timestamp >= '2026-11-20T23:04:30+00:00'",
    "received_to=2026-11-20T23:04:30Z": "timestamp < '2026-11-20T23:04:30+00:00'",
    "q=ORDER": "lower(name) LIKE '%order%'",
    "q=01a1fb34": "CAST(id AS text) LIKE '01a1fb34%'",
}


@pytest.fixture(autouse=True)
def real_rows(db: None) -> None:
    cache.clear()
    load_real_rows()


@pytest.fixture
def olga(client: Client, operator: User) -> Client:
    client.force_login(operator)
    return client


def counted(condition: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM events WHERE " + condition)  # noqa: S608 - a constant
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("query", CONDITIONS)
def test_a_filter_agrees_with_plain_sql(query: str) -> None:
    branches = Event.objects.branches(EventFilter(QueryDict(query)).checked_criteria())
    assert capped_count(branches) == counted(CONDITIONS[query]) > 0


def test_every_event_is_on_a_page_of_the_list_and_has_its_own(olga: Client) -> None:
    found: list[str] = []
    address = "/events"
    while address:
        body = olga.get(address).content.decode()
        found += re.findall(r'class="row-link" href="/events/([0-9a-f-]{36})"', body)
        following = re.search(r'rel="next" href="([^"]+)"', body)
        address = following[1].replace("&amp;", "&") if following else ""
    assert len(found) == len(set(found))
    assert set(found) == set(Event.objects.values_list("pk", flat=True))
    for pk in found[::7]:
        assert olga.get(f"/events/{pk}").status_code == 200


def test_every_function_is_in_the_list_and_has_its_page(olga: Client) -> None:
    names = set(Function.objects.values_list("id", flat=True)) | set(
        Run.objects.values_list("function_id", flat=True)
    )
    text = olga.get("/functions").content.decode()
    for name in names:
        assert f'href="{function_url(name)}"' in text
        assert olga.get(f"{function_url(name)}?since=365d").status_code == 200
    assert "not registered" in text.split('href="/functions/legacy-export"')[1].split("</tr>")[0]


def test_the_overview_shows_the_engines_own_rows(olga: Client) -> None:
    text = olga.get("/overview?since=365d").content.decode()
    figures = dict(re.findall(r'<span class="kpi-label">([^<]+)</span><b class="kpi-value">([^<]+)', text))
    assert figures["Queued now"] == str(Run.objects.filter(status="queued").count())
    assert figures["Stuck now"] == str(Run.objects.filter(status="running").count())
    for worker in ("shop-worker-3", "shop-worker-4", "rust-worker-2"):
        assert worker in text
