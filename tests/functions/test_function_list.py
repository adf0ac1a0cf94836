"""The page of all functions."""

import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from functions.addresses import function_url
from ops.access.models import User
from ops.lists.pagination import capped_count
from runs.filters import RunFilter
from runs.models import Run
from tests.factories import make_event, make_function, make_run
from tests.markup import inline_code
from tests.wild import MARKUP, make_wild_rows

HOUR = timedelta(hours=1)


def page(client: Client, address: str = "/functions", *, status: int = 200, query: Any = None) -> str:
    response = client.get(address, query or {})
    assert response.status_code == status
    return response.content.decode()


def shown(text: str) -> list[str]:
    """Addresses of the functions in the list, in order."""
    return [unescape(link) for link in re.findall(r'class="row-link" href="(/functions/[^"]+)"', text)]


def line(text: str, name: str) -> str:
    """The function's row."""
    return text.split(f'href="{function_url(name)}"')[1].split("</tr>")[0]


def listed(link: str) -> int:
    """How many runs the list behind a link holds."""
    data = QueryDict(urlsplit(unescape(link)).query)
    return capped_count(Run.objects.branches(RunFilter(data).checked_criteria()))


def test_registered_functions_and_those_that_only_occur_in_runs_are_listed_by_id(vera: Client) -> None:
    make_function("charge-card")
    make_function("idle")
    make_run("lost")
    make_run("charge-card")
    text = page(vera)
    assert shown(text) == ["/functions/charge-card", "/functions/idle", "/functions/lost"]
    assert "not registered" in line(text, "lost")
    assert "not registered" not in line(text, "idle")


def test_figures_of_the_day_are_those_of_the_lists_they_lead_to(vera: Client) -> None:
    now = timezone.now()
    make_function("charge-card")
    for hours, status in (
        (1, "failed"),
        (2, "completed"),
        (3, "completed"),
        (4, "completed"),
        (30, "failed"),
    ):
        make_run("charge-card", status, created_at=now - hours * HOUR)
    make_run("charge-card", "queued", created_at=now - 5 * HOUR)
    make_run("other", "failed")
    row = line(page(vera), "charge-card")
    figures = re.findall(r'<a(?: class="bad")? href="(/runs[^"]+)">(\d+)</a>', row)
    assert [int(count) for _, count in figures] == [5, 1]
    assert [listed(link) for link, _ in figures] == [5, 1]
    assert "25 %" in row
    assert "1 h ago" in row


def test_a_last_run_before_the_day_is_known_too(vera: Client) -> None:
    make_run("rare", "completed", created_at=timezone.now() - 72 * HOUR)
    assert "3 d ago" in line(page(vera), "rare")


def test_settings_that_the_engine_ignores_are_marked(vera: Client) -> None:
    triggers = [{"type": "cron", "schedule": "0 2 * * *"}, {"type": "event", "name": "report.requested"}]
    make_function("report", {"triggers": triggers, "retries": {"max_attempts": 2}, "timeout_secs": 60})
    text = page(vera)
    row = line(text, "report")
    assert re.search(r'cron 0 2 \* \* \* <span class="tag">not enforced</span>, report.requested', row)
    assert "timeout 1 m" in row
    assert '<td class="num from-1300">2<' in row
    assert 'Stored, <span class="tag">not enforced</span>' in text


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"q": "CARD"}, ["charge-card"]),
        ({"q": "order.pl"}, ["charge-card", "notify"]),
        ({"q": "0 2"}, ["report"]),
        ({"event": "order.placed"}, ["charge-card", "notify"]),
        ({"event": "order.place"}, []),
        ({"registered": "false"}, ["lost"]),
        ({"registered": "true", "q": "o"}, ["charge-card", "notify", "report"]),
    ],
)
def test_filters_find_by_id_event_and_registration(
    vera: Client, query: dict[str, str], names: list[str]
) -> None:
    make_function("charge-card")
    make_function("notify")
    make_function("report", {"triggers": [{"type": "cron", "schedule": "0 2 * * *"}]})
    make_run("lost")
    assert shown(page(vera, query=query)) == [function_url(name) for name in names]


@pytest.mark.parametrize(
    ("query", "field"), [("registered=maybe", "registered"), ("state=x", "state"), ("q=a&q=b", "q")]
)
def test_a_filter_that_makes_no_sense_shows_no_function(vera: Client, query: str, field: str) -> None:
    make_function("charge-card")
    text = page(vera, f"/functions?{query}", status=400)
    assert f"<b>{field}</b>" in text
    assert shown(text) == []


def test_pages_lead_to_each_other(vera: Client) -> None:
    for number in range(70):
        make_function(f"f-{number:03}", {})
    first = page(vera)
    address = re.search(r'rel="next" href="([^"]+)"', first)
    assert address
    second = page(vera, unescape(address[1]))
    assert shown(first) + shown(second) == [f"/functions/f-{number:03}" for number in range(60)]
    address = re.search(r'rel="next" href="([^"]+)"', second)
    assert address
    third = page(vera, unescape(address[1]))
    assert len(shown(third)) == 10
    address = re.search(r'rel="prev" href="([^"]+)"', third)
    assert address
    assert shown(page(vera, unescape(address[1]))) == shown(second)


def test_empty_lists_say_why(vera: Client) -> None:
    assert "No functions yet" in page(vera)
    make_function("charge-card")
    cache.clear()
    assert "No function found for “none”" in page(vera, query={"q": "none"})
    assert "No functions match these filters" in page(vera, query={"event": "none"})


def test_the_number_of_queries_does_not_depend_on_the_rows(vera: Client) -> None:
    page(vera)
    counts = []
    for begin, end in ((0, 1), (1, 40)):
        for number in range(begin, end):
            make_function(f"f-{number}")
            make_run(f"f-{number}", "failed")
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            page(vera)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 13
    with CaptureQueriesContext(connection) as queries:
        page(vera)
    assert len(queries) <= 6


def test_rows_from_the_wild_break_nothing_and_the_page_stays_light(vera: Client) -> None:
    wild = make_wild_rows()
    text = page(vera)
    names = {run.function_id for run in wild.runs} | {function.id for function in wild.functions}
    assert f"<b>{len(names)} functions</b>" in text
    assert MARKUP not in text
    assert inline_code(text) == []
    assert len(text) <= 60 * 1024


def test_a_page_of_functions_with_long_settings_stays_light(vera: Client) -> None:
    event = make_event()
    triggers = [{"type": "event", "name": f"{'long.' * 20}{number}"} for number in range(9)]
    for number in range(40):
        make_function(f"function-with-a-long-name-{number}", {"triggers": triggers, "timeout_secs": 60})
        make_run(f"function-with-a-long-name-{number}", "failed", event=event)
    assert len(page(vera)) <= 60 * 1024


def test_htmx_gets_the_table_alone(vera: Client) -> None:
    response = vera.get("/functions", headers={"HX-Request": "true"})
    assert response.content.decode().lstrip().startswith('<section id="function-list"')


def test_people_without_the_permission_see_no_function(client: Client, stranger: User) -> None:
    make_function("secret-name")
    assert client.get("/functions").status_code == 302
    client.force_login(stranger)
    assert "secret-name" not in page(client, status=403)
