"""The page of one function, whatever its id."""

import re
from datetime import timedelta
from html import unescape
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import QueryDict
from django.template import Context, Template
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from functions.addresses import function_url
from ops.access.models import User
from ops.lists.pagination import capped_count
from runs.filters import RunFilter
from runs.models import Run
from runs.stats import error_kinds
from tests.factories import make_event, make_function, make_run
from tests.markup import inline_code
from tests.wild import MARKUP, make_wild_rows

HOUR = timedelta(hours=1)


def page(client: Client, name: str, *, query: str = "", status: int = 200) -> str:
    response = client.get(function_url(name) + query)
    assert response.status_code == status
    return response.content.decode()


def listed(link: str) -> int:
    """How many runs the list behind a link holds."""
    data = QueryDict(urlsplit(unescape(link)).query)
    return capped_count(Run.objects.branches(RunFilter(data).checked_criteria()))


def make_traffic(name: str = "charge-card") -> None:
    """Runs of every state, and some of another function."""
    now = timezone.now()
    for hours, status in ((1, "failed"), (2, "completed"), (3, "completed"), (4, "failed"), (30, "failed")):
        make_run(name, status, created_at=now - hours * HOUR, error="CardDeclined")
    for status in ("queued", "queued", "running"):
        make_run(name, status)
    make_run(name, "running", locked_until=now - HOUR)
    make_run("other", "failed", error="Other")


def test_figures_are_those_of_the_lists_they_lead_to(vera: Client) -> None:
    make_function("charge-card")
    make_traffic()
    tile = r'href="([^"]+)"><span class="kpi-label">([^<]+)</span><b class="kpi-value">(\d+)</b>'
    tiles = {
        label: (int(value), listed(link))
        for link, label, value in re.findall(tile, page(vera, "charge-card"))
    }
    assert tiles == {
        "Queued now": (2, 2),
        "Stuck now": (1, 1),
        "Runs, created in 24 h": (8, 8),
        "Failed, created in 24 h": (2, 2),
    }


def test_each_bar_is_the_number_of_runs_in_its_list(vera: Client) -> None:
    make_traffic()
    areas = re.search(r'class="chart-links".*?</div>', page(vera, "charge-card"), re.DOTALL)
    assert areas
    bars = re.findall(r'href="([^"]+)"[^>]*title="([^"]+)"', areas[0])
    for link, title in bars:
        counts = [int(number) for number in re.findall(r"(\d+) [a-z]+", title.split(": ", 1)[1])]
        assert sum(counts) == listed(link), title
    assert sum(listed(link) for link, _ in bars) == 8


def test_the_definition_its_settings_and_what_is_not_enforced_are_shown(vera: Client) -> None:
    triggers = [{"type": "event", "name": "order.placed"}, {"type": "cron", "schedule": "0 2 * * *"}]
    make_function("f", {"triggers": triggers, "concurrency": {"limit": 5}, "batch": {"size": 1}})
    text = page(vera, "f")
    assert 'href="/events?name=order.placed"' in text
    settings = text.split('id="settings"')[1].split("</section>")[0]
    rows = {row.split("</td>")[0]: row for row in settings.split("<tr><td>")[1:]}
    assert "5 at once" in rows["Concurrency"]
    assert "stored, not enforced" in rows["Concurrency"]
    assert "engine&#x27;s default" in rows["Attempts"]
    assert "enforced" in rows["Attempts"]
    assert "stored, not enforced" not in rows["Attempts"]
    assert "stored, not enforced" not in rows["Throttle"]
    assert "batch" in settings
    assert "order.placed" in text.split('id="definition"')[1]


def test_recent_runs_are_the_functions_own_and_none_that_is_shown_as_failed(vera: Client) -> None:
    make_traffic()
    failed, recent = page(vera, "charge-card").split('id="failed"')[1].split('id="recent"')
    links = [re.findall(r'class="row-link" href="([^"]+)"', part) for part in (failed, recent)]
    assert list(map(len, links)) == [2, 7]
    assert not {*links[0]} & {*links[1]}
    assert "CardDeclined" in recent
    assert "Other" not in recent


def test_a_function_of_which_all_runs_failed_shows_each_of_them_once(vera: Client) -> None:
    run = make_run("lost", "failed")
    text = page(vera, "lost")
    assert text.count(f'href="/runs/{run.pk}"') == 1
    assert "No runs yet" not in text


def test_a_function_that_only_occurs_in_runs_says_so(vera: Client) -> None:
    make_run("lost", "failed")
    text = page(vera, "lost")
    assert "This function is not registered." in text
    assert 'id="settings"' not in text


def test_an_unreadable_definition_says_so(vera: Client) -> None:
    make_function("broken", [1, 2])
    text = page(vera, "broken")
    assert "The definition is not an object but a list." in text


def test_a_function_without_runs_has_its_page(vera: Client) -> None:
    make_function("idle")
    text = page(vera, "idle")
    assert "No runs yet" in text
    assert "No runs were created in this range" in text


@pytest.mark.parametrize("place", ["none", "~", "~a", "no/such", "%00", "~Li4"])
def test_what_is_not_there_is_not_found(vera: Client, place: str) -> None:
    assert vera.get(f"/functions/{place}").status_code == 404


@pytest.mark.parametrize("query", ["?range=2h", "?since=soon", "?state=failed"])
def test_a_range_that_makes_no_sense_is_refused_at_its_field(vera: Client, query: str) -> None:
    make_function("f")
    field = query[1:].split("=")[0]
    assert f"<b>{field}</b>" in page(vera, "f", query=query, status=400)


def test_a_big_definition_is_loaded_on_demand(vera: Client) -> None:
    make_function("big", {"triggers": [{"type": "event", "name": f"e{number}"} for number in range(2_000)]})
    text = page(vera, "big")
    assert len(text) <= 60 * 1024
    assert len(vera.get("/functions/big?part=definition").content) > 60_000


def test_the_number_of_queries_does_not_depend_on_the_rows(vera: Client) -> None:
    make_function("charge-card")
    page(vera, "charge-card")
    counts = []
    for _ in range(2):
        make_traffic()
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            page(vera, "charge-card")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 20


def test_htmx_gets_the_figures_alone(vera: Client) -> None:
    make_function("f")
    response = vera.get("/functions/f?range=6h", headers={"HX-Request": "true"})
    text = response.content.decode()
    assert text.lstrip().startswith('<div id="figures" hx-get="/functions/f?range=6h"')
    assert 'id="definition"' not in text


def test_every_wild_function_has_its_page(vera: Client) -> None:
    wild = make_wild_rows()
    for name in {run.function_id for run in wild.runs} | {function.id for function in wild.functions}:
        text = page(vera, name)
        assert MARKUP not in text, name
        assert inline_code(text) == [], name
        assert len(text) <= 60 * 1024, name


def test_people_without_the_permission_see_nothing(client: Client, stranger: User) -> None:
    make_function("secret-name", {"name": "secret"})
    assert client.get("/functions/secret-name").status_code == 302
    client.force_login(stranger)
    assert "secret-name</h1>" not in page(client, "secret-name", status=403)


def rendered(source: str, **values: str) -> str:
    """A template that uses the tags."""
    return Template("{% load functions %}" + source).render(Context(values))


def test_other_pages_link_to_a_function_and_say_when_it_is_not_registered(db: None) -> None:
    make_function("known")
    make_function("broken", 7)
    link = "{% function_link name %}"
    note = "{% function_note name %}"
    assert rendered(link, name="a b") == '<a class="link" href="/functions/a%20b">a b</a>'
    assert MARKUP not in rendered(link, name=MARKUP)
    assert rendered("{% function_address name %}", name="..") == "/functions/~Li4"
    assert rendered(note, name="known") == ""
    assert "is not registered" in rendered(note, name="lost")
    assert "not an object" in rendered(note, name="broken")


def test_failed_runs_come_before_the_others_and_without_the_functions_own_name(vera: Client) -> None:
    for _ in range(12):
        make_run("charge-card", "completed")
    failed = make_run("charge-card", "failed", error="CardDeclined: no funds")
    text = page(vera, "charge-card")
    first = re.findall(r'class="row-link" href="/runs/([^"]+)"', text)[0]
    assert first == failed.pk
    assert text.index('id="errors"') < text.index('id="failed"') < text.index('id="recent"')
    (body,) = re.findall(r'id="failed".*?</section>', text, re.DOTALL)
    assert "CardDeclined: no funds" in body
    assert "charge-card" not in re.sub(r"<[^>]*>", "", body)


def test_the_commonest_errors_are_counted_whatever_their_numbers_and_ids_are(vera: Client) -> None:
    event = make_event()
    for number in range(3):
        make_run(
            "f", "failed", event=event, error=f"Traceback (most recent call last):\nOSError: order {number}"
        )
    make_run("f", "failed", event=event, error="Timeout: 5 s")
    make_run("other", "failed", event=event, error="Other")
    (errors,) = re.findall(r'id="errors".*?</section>', page(vera, "f"), re.DOTALL)
    rows = re.findall(r'break">([^<]+)</td>\s*<td class="num">(\d+)', errors)
    assert rows == [("OSError: order 2", "3"), ("Timeout: 5 s", "1")]
    assert "of all 4 failed runs, created in 24 h" in errors


def test_only_the_newest_failed_runs_are_asked_for_their_errors_and_the_page_says_so(
    vera: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(error_kinds, "SAMPLE", 3)
    event = make_event()
    for _ in range(5):
        make_run("f", "failed", event=event, error="Timeout")
    (errors,) = re.findall(r'id="errors".*?</section>', page(vera, "f"), re.DOTALL)
    assert "of the newest 3 failed runs, created in 24 h" in errors


def test_a_function_offers_to_replay_its_failed_runs_to_those_who_may(
    client: Client, vera: Client, operator: User
) -> None:
    for _ in range(3):
        make_run("f", "failed", error="Timeout")
    assert "/ops/jobs/create" not in page(vera, "f")
    client.force_login(operator)
    (form,) = re.findall(r'action="/ops/jobs/create".*?</form>', page(client, "f"), re.DOTALL)
    assert "Replay 3 failed" in form
    given = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    assert given["verb"] == "runs.replay"
    assert given["filter"] == "state=failed&amp;function_id=f&amp;created_from=24h"


def test_a_function_without_failed_runs_has_no_panel_of_errors(vera: Client) -> None:
    make_run("f", "completed")
    assert 'id="errors"' not in page(vera, "f")
