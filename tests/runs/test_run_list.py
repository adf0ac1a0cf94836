"""The list of runs in its page: what it shows, what it says, what it costs."""

import html
import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from runs.models import Run
from tests.factories import make_event, make_function, make_run
from tests.wild import MARKUP, make_wild_rows

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
INVALID = ["attempt=x", "state=odd", "created_from=soon", "nothing=1", "cursor=forged", "order=random"]
LIST_BYTES = 60 * 1024


@pytest.fixture(autouse=True)
def fresh_cache() -> None:
    cache.clear()


@pytest.fixture
def page(client: Client, operator: Any) -> Any:
    """GET as the operator; the body as text."""
    client.force_login(operator)

    def get(address: str, status: int = 200, headers: dict[str, str] | None = None) -> str:
        response = client.get(address, headers=headers)
        assert response.status_code == status, response.content.decode()[:2000]
        return response.content.decode()

    return get


def test_the_list_shows_state_function_error_and_a_real_link(page: Any) -> None:
    run = make_run("charge-card", "failed", error="CardDeclined: no funds\n  at charge", attempt=2)
    body = page("/runs")
    assert f'href="/runs/{run.pk}"' in body
    assert 'data-state="failed"' in body
    assert "CardDeclined: no funds" in body
    assert "at charge" not in body
    assert "2/3" in body
    assert 'name="action" value="runs.cancel"' in body


def test_every_wild_row_is_listed_and_escaped(page: Any) -> None:
    wild = make_wild_rows()
    body = ""
    address = "/runs"
    while address:
        shown = page(address)
        body += shown
        address = link_of(shown, 'rel="next"')
    assert all(f'value="{run.pk}"' in body for run in wild.runs)
    assert MARKUP not in body
    assert "{{ 7|add:1 }}" in body


def link_of(body: str, mark: str) -> str:
    """The address of the first link that carries the mark; empty without one."""
    found = re.search(rf'<a[^>]*{mark}[^>]*href="([^"]*)"', body)
    return html.unescape(found[1]) if found else ""


def rows_in(body: str) -> list[str]:
    return re.findall(r'name="_selected_action" value="([^"]+)"', body)


def many(count: int, **columns: Any) -> list[Run]:
    """Runs of one event each, one second apart, oldest first."""
    at = timezone.now() - timedelta(seconds=count)
    return [make_run(created_at=at + timedelta(seconds=number), **columns) for number in range(count)]


def test_pages_go_forth_and_back(page: Any) -> None:
    runs = [run.pk for run in many(120)][::-1]
    first = page("/runs")
    second = page(link_of(first, 'rel="next"'))
    third = page(link_of(second, 'rel="next"'))
    assert [rows_in(body) for body in (first, second, third)] == [runs[:50], runs[50:100], runs[100:]]
    assert not link_of(third, 'rel="next"')
    assert rows_in(page(link_of(third, 'rel="prev"'))) == runs[50:100]
    assert "120 runs" in re.sub(r"<[^>]+>", "", first)


def test_the_oldest_first(page: Any) -> None:
    runs = [run.pk for run in many(60)]
    first = page("/runs?order=oldest")
    assert rows_in(first) == runs[:50]
    assert rows_in(page(link_of(first, 'rel="next"'))) == runs[50:]


@pytest.mark.parametrize(
    "query", ["attempt=x", "state=odd", "created_from=soon", "nothing=1", "cursor=forged"]
)
def test_an_invalid_value_shows_no_rows_at_all(page: Any, query: str) -> None:
    make_run()
    body = page(f"/runs?{query}", status=400)
    assert rows_in(body) == []
    assert query.split("=")[0] in body
    assert 'role="alert"' in body


def test_a_cursor_of_another_filter_is_refused(page: Any) -> None:
    many(60)
    following = link_of(page("/runs"), 'rel="next"')
    assert rows_in(page(f"{following}&state=queued", status=400)) == []


def test_filters_are_chips_that_can_be_removed(page: Any) -> None:
    body = page("/runs?state=failed&state=stuck&created_from=24h&function_id=a%26b&order=oldest")
    assert '<b title="failed, stuck">' in body
    assert "last 24 h" in body
    removals = [html.unescape(link) for link in re.findall(r'chip-remove" href="([^"]+)"', body)]
    assert "/runs?created_from=24h&function_id=a%26b&order=oldest" in removals


def test_a_search_for_a_whole_id_leads_to_the_run(client: Client, operator: Any) -> None:
    run = make_run()
    client.force_login(operator)
    for text in (run.pk, run.pk.upper(), f" {run.pk} ", run.pk.replace("-", "")):
        response = client.get("/runs", {"q": text})
        assert (response.status_code, response["Location"]) == (302, f"/runs/{run.pk}")


def test_a_search_for_an_events_id_lists_its_runs(page: Any) -> None:
    event = make_event()
    runs = {make_run(event=event).pk, make_run(event=event).pk}
    make_run()
    assert set(rows_in(page(f"/runs?q={event.pk}"))) == runs


def test_a_filter_without_an_index_says_its_window_and_how_to_widen_it(page: Any) -> None:
    old = make_run("a", "failed", created_at=timezone.now() - timedelta(days=3), error="old")
    make_run("a", "failed", error="new")
    body = page("/runs?has_error=true")
    assert old.pk not in body
    assert 'id="window"' in body
    assert old.pk in page("/runs?has_error=true&created_from=7d")


def test_an_empty_list_says_why(page: Any) -> None:
    assert "No runs yet" in page("/runs")
    assert "No failed runs in the last 24 h" in page("/runs?state=failed&created_from=24h")


def test_a_refresh_is_the_table_alone_and_counts_what_is_new(page: Any) -> None:
    old = many(60)
    following = link_of(page("/runs"), 'rel="next"')
    body = page(following, headers=HTMX)
    assert body.lstrip().startswith("<section")
    refresh = html.unescape(re.findall(r'hx-get="([^"]+)"', body)[0])
    assert 'id="new-runs"' not in page(refresh, headers=HTMX)
    make_run(created_at=timezone.now() + timedelta(seconds=1))
    again = page(refresh, headers=HTMX)
    assert rows_in(again) == [run.pk for run in old[9::-1]]
    assert "1 new run" in re.sub(r"<[^>]+>", "", again)


def test_a_pinned_first_page_does_not_move(page: Any) -> None:
    old = many(5)
    seen = re.findall(r'data-seen="([^"]+)"', page("/runs"))[0]
    new = make_run(created_at=timezone.now() + timedelta(seconds=1))
    pinned = page(f"/runs?{urlencode({'seen': html.unescape(seen)})}", headers=HTMX)
    assert rows_in(pinned) == [run.pk for run in old[::-1]]
    assert "1 new run" in re.sub(r"<[^>]+>", "", pinned)
    assert rows_in(page("/runs", headers=HTMX))[0] == new.pk


def test_a_refresh_shows_the_rows_it_is_asked_for_as_they_are_by_now(page: Any) -> None:
    runs = many(60)[::-1]
    first = page("/runs?state=queued")
    seen = html.unescape(re.findall(r'data-seen="([^"]+)"', first)[0])
    Run.objects.filter(pk=runs[3].pk).update(status="failed")
    make_run(created_at=runs[7].created_at)
    held = rows_in(first)
    asked = urlencode({"state": "queued", "seen": seen, "rows": "~".join(held)})
    body = page(f"/runs?{asked}", headers=HTMX)
    assert rows_in(body) == held
    assert 'data-state="failed"' in body
    assert "1 new run" in re.sub(r"<[^>]+>", "", body)
    assert rows_in(page(link_of(body, 'rel="next"'))) == [run.pk for run in runs[50:]]


def test_a_refresh_for_more_rows_than_a_page_has_is_refused(page: Any) -> None:
    make_run()
    body = page(f"/runs?{urlencode({'rows': '~'.join(['x'] * 51)})}", status=400, headers=HTMX)
    assert "Give at most 50 ids." in body
    assert rows_in(body) == []


@pytest.mark.parametrize("query", ["", "?state=failed&state=queued&function_id=a&function_id=b", "?q=char"])
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_page_costs_at_most_six_queries_for_any_number_of_rows(
    page: Any, query: str, headers: dict[str, str], django_assert_max_num_queries: Any
) -> None:
    make_run("charge-a", "failed")
    make_function()
    page(f"/runs{query}", headers=headers)
    for count in (0, 120):
        many(count, function_id="charge-b")
        with django_assert_max_num_queries(6):
            page(f"/runs{query}", headers=headers)


def test_a_full_page_stays_below_its_weight(page: Any) -> None:
    for run in range(60):
        make_run(
            "send-welcome-email", "failed", error=f"CardDeclined: insufficient funds (order {run})\n" * 30
        )
    body = page("/runs?state=failed&created_from=24h")
    assert len(rows_in(body)) == 50
    assert len(body.encode()) <= LIST_BYTES


def test_people_without_the_permission_see_nothing(client: Client, stranger: Any, viewer: Any) -> None:
    run = make_run()
    assert client.get("/runs").status_code == 302
    client.force_login(stranger)
    refused = client.get("/runs")
    assert refused.status_code == 403
    assert run.pk not in refused.content.decode()
    client.force_login(viewer)
    body = client.get("/runs").content.decode()
    assert run.pk in body
    assert "runs.cancel" not in body
    assert "_selected_action" not in body
