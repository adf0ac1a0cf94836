"""The page of all events."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ops.access.models import User
from tests.factories import make_event, make_function, make_run
from tests.markup import inline_code
from tests.wild import MARKUP, make_wild_rows


def page(client: Client, address: str = "/events", *, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return response.content.decode()


def rows(text: str) -> list[str]:
    """Addresses of the events in the list, in order."""
    return re.findall(r'class="row-link" href="(/events/[^"]+)"', text)


def test_events_are_listed_newest_first_with_their_runs_by_state(olga: Client) -> None:
    now = timezone.now()
    older = make_event(
        "order.placed", timestamp=now - timedelta(hours=2), user_id="ann", idempotency_key="k-1"
    )
    newer = make_event("ping", timestamp=now - timedelta(hours=1))
    for status in ("failed", "completed", "completed"):
        make_run(status=status, event=older)
    text = page(olga)
    assert rows(text) == [newer.get_absolute_url(), older.get_absolute_url()]
    line = text.split(older.get_absolute_url())[1].split("</tr>")[0]
    states = re.findall(r'data-state="(\w+)".*?</span>( <span class="count-of">(\d+))?', line)
    assert [(state, count) for state, _, count in states] == [("completed", "2"), ("failed", "")]
    assert "ann" in line
    assert "k-1" in line


def test_events_without_a_run_say_whether_a_function_should_have_run(olga: Client) -> None:
    make_function("charge-card")
    make_event("order.placed")
    make_event("ping")
    text = page(olga)
    assert text.count("no run, though a function listens") == 1
    assert text.count("no function listens") == 1


def test_filters_are_chips_that_can_be_taken_away(olga: Client) -> None:
    event = make_event("order.placed", user_id="ann")
    make_event("ping")
    text = page(olga, "/events?name=order.placed&user_id=ann&received_from=24h")
    assert rows(text) == [event.get_absolute_url()]
    removes = [unescape(link) for link in re.findall(r'class="chip-remove" href="([^"]+)"', text)]
    assert removes == [
        "/events?user_id=ann&received_from=24h",
        "/events?name=order.placed&received_from=24h",
        "/events?name=order.placed&user_id=ann",
    ]
    assert "last 24 h" in text


def test_the_pages_lead_to_each_other(olga: Client) -> None:
    for _ in range(60):
        make_event("ping")
    first = page(olga, "/events?name=ping")
    link = re.search(r'rel="next" href="([^"]+)"', first)
    assert link
    second = page(olga, unescape(link[1]))
    assert (len(rows(first)), len(rows(second))) == (50, 10)
    assert not set(rows(first)) & set(rows(second))
    link = re.search(r'rel="prev" href="([^"]+)"', second)
    assert link
    assert rows(page(olga, unescape(link[1]))) == rows(first)


def test_a_cursor_of_another_filter_is_refused(olga: Client) -> None:
    for _ in range(60):
        make_event("ping")
    link = re.search(r'rel="next" href="([^"]+)"', page(olga, "/events?name=ping"))
    assert link
    assert "Made under another filter" in page(olga, unescape(link[1]).replace("ping", "pong"), status=400)


@pytest.mark.parametrize("query", ["received_from=soon", "state=failed", "cursor=abc", "user_id=a&user_id=b"])
def test_a_filter_that_makes_no_sense_shows_no_events(olga: Client, query: str) -> None:
    make_event()
    text = page(olga, f"/events?{query}", status=400)
    assert f"<b>{query.split('=')[0]}</b>" in text
    assert rows(text) == []
    assert "hx-trigger" not in text.split('id="event-list"')[1].split(">")[0]


def test_a_whole_id_leads_to_its_event_and_a_part_of_it_to_the_list(olga: Client) -> None:
    event = make_event()
    response = olga.get(f"/events?q={event.pk.upper()}")
    assert (response.status_code, response["Location"]) == (302, event.get_absolute_url())
    assert rows(page(olga, f"/events?q={event.pk[:20]}")) == [event.get_absolute_url()]


def test_empty_lists_say_why(olga: Client) -> None:
    assert "No events yet" in page(olga)
    make_event()
    text = page(olga, "/events?name=none&user_id=none")
    assert "No events match these filters" in text
    assert "Clear 2 filters" in text


def test_htmx_gets_the_table_alone(olga: Client) -> None:
    make_event()
    response = olga.get("/events", headers={"HX-Request": "true"})
    assert response.content.decode().lstrip().startswith('<section id="event-list"')


def test_the_number_of_queries_does_not_depend_on_the_rows(olga: Client) -> None:
    counts = []
    for number in (1, 60):
        for _ in range(number):
            make_run(event=make_event("order.placed"))
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            page(olga, "/events?name=order.placed")
        counts.append(len(queries))
    assert counts[1] <= counts[0] + 1  # the count, which one page doesn't need
    assert counts[1] <= 10
    with CaptureQueriesContext(connection) as queries:
        page(olga, "/events?name=order.placed")
    assert len(queries) <= 7  # five of them ask who is there


def test_lists_never_read_payloads_or_count_the_table(olga: Client) -> None:
    make_event()
    with CaptureQueriesContext(connection) as queries:
        page(olga)
    about_events = [query["sql"] for query in queries if '"events"' in query["sql"]]
    assert about_events
    assert not any('"data"' in sql or "OFFSET" in sql for sql in about_events)


def test_rows_from_the_wild_break_nothing_and_the_page_stays_light(olga: Client) -> None:
    wild = make_wild_rows()
    text = page(olga)
    assert len(rows(text)) == min(50, len({event.pk for event in wild.events}))
    assert MARKUP not in text
    assert inline_code(text) == []
    assert len(text) <= 60 * 1024


def test_every_wild_name_user_and_key_can_be_filtered_by(olga: Client) -> None:
    for event in make_wild_rows().events:
        for name in ("name", "user_id", "idempotency_key"):
            if value := getattr(event, name):
                response = olga.get("/events", {name: value, "q": event.pk[:18]})
                assert response.status_code == 200
                assert event.get_absolute_url() in unescape(response.content.decode())


def test_people_without_the_permission_see_no_event(client: Client, stranger: User) -> None:
    make_event("secret.name")
    assert client.get("/events").status_code == 302
    client.force_login(stranger)
    assert "secret.name" not in page(client, status=403)
