"""The page of one event: facts, payload, runs, and the runs that should be there."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from events.models import Event
from ops.access.models import User
from tests.factories import make_event, make_function, make_run
from tests.markup import inline_code
from tests.wild import make_wild_rows

HOUR = timedelta(hours=1)
LISTENS = {"triggers": [{"type": "event", "name": "order.placed", "schedule": None}]}


def page(client: Client, event: Event, *, status: int = 200) -> str:
    response = client.get(event.get_absolute_url())
    assert response.status_code == status
    return response.content.decode()


def test_an_event_shows_its_facts_its_payload_and_its_runs(olga: Client) -> None:
    event = make_event("order.placed", {"order_id": "A-1"}, user_id="ann", idempotency_key="k-1")
    run = make_run("charge-card", "failed", event=event, error="CardDeclined")
    make_run("charge-card", "completed")
    text = page(olga, event)
    for fact in (event.pk, "ann", "k-1", "order_id", "A-1", run.get_absolute_url(), "CardDeclined"):
        assert fact in text
    assert text.count('data-state="failed"') == 1
    assert 'data-state="completed"' not in text


def test_payloads_are_for_those_who_may_see_them(vera: Client) -> None:
    event = make_event("order.placed", {"card": "4242"})
    text = page(vera, event)
    assert "4242" not in text
    assert "Payloads are shown to: Operator, Admin." in text
    assert vera.get(f"{event.get_absolute_url()}/payload").status_code == 403


def test_a_viewers_page_does_not_even_read_the_payload(vera: Client) -> None:
    event = make_event()
    with CaptureQueriesContext(connection) as queries:
        page(vera, event)
    assert not any('"events"."data"' in query["sql"] for query in queries)


def test_a_big_payload_is_loaded_on_demand(olga: Client) -> None:
    event = make_event("big", {"lines": ["x" * 100] * 2_000})
    text = page(olga, event)
    assert len(text) <= 60 * 1024
    assert f"{event.get_absolute_url()}/payload" in text
    whole = olga.get(f"{event.get_absolute_url()}/payload")
    assert len(whole.getvalue()) > 200_000


def test_functions_that_should_have_run_the_event_are_named(olga: Client) -> None:
    early = timezone.now() - HOUR
    for name in ("charge-card", "sync-crm"):
        make_function(name, LISTENS, created_at=early)
    make_function("other", {"triggers": [{"type": "event", "name": "ping"}]}, created_at=early)
    make_function("later", LISTENS, created_at=timezone.now() + HOUR)
    event = make_event("order.placed")
    make_run("charge-card", event=event)
    missing = page(olga, event).split('id="missing"')[1].split("</div>")[0]
    assert "/functions/sync-crm" in missing
    assert "listens to this event, but it has no run of it" in " ".join(missing.replace("<b>", "").split())
    for name in ("charge-card", "other", "later"):
        assert f"/functions/{name}" not in missing


def test_an_event_that_nothing_listens_to_says_so(olga: Client) -> None:
    text = page(olga, make_event("ping"))
    assert "No registered function listened to this event" in text
    assert 'id="missing"' not in text


def test_many_runs_are_cut_with_a_way_to_all(olga: Client) -> None:
    event = make_event()
    for _ in range(102):
        make_run(event=event)
    text = page(olga, event)
    assert text.count('class="row-link"') == 100
    assert f"/runs?event_id={event.pk}" in text


def test_the_number_of_queries_does_not_depend_on_the_runs(olga: Client) -> None:
    event = make_event()
    page(olga, event)
    counts = []
    for number in (1, 20):
        for _ in range(number):
            make_run(event=event)
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            page(olga, event)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 9


def test_another_spelling_leads_to_the_event(olga: Client) -> None:
    event = make_event()
    response = olga.get(f"/events/{event.pk.upper()}")
    assert (response.status_code, response["Location"]) == (302, event.get_absolute_url())


@pytest.mark.parametrize("pk", ["nonsense", "00000000-0000-7000-8000-000000000000", "a/b", "%00", "' OR 1=1"])
def test_an_event_that_is_not_there_is_not_found(olga: Client, pk: str) -> None:
    assert olga.get(f"/events/{pk}").status_code == 404
    assert olga.get(f"/events/{pk}/payload").status_code == 404


def test_the_runs_refresh_alone(olga: Client) -> None:
    event = make_event("order.placed", {"order_id": "A-1"})
    make_run(event=event)
    response = olga.get(event.get_absolute_url(), headers={"HX-Request": "true"})
    text = response.content.decode()
    assert text.lstrip().startswith('<section id="event-runs"')
    assert "A-1" not in text


def test_the_way_back_keeps_the_filters(olga: Client) -> None:
    event = make_event()
    came = {"referer": "http://testserver/events?name=order.placed"}
    text = olga.get(event.get_absolute_url(), headers=came).content.decode()
    assert 'href="/events?name=order.placed"' in text


def test_every_wild_event_has_its_page_and_its_payload(olga: Client) -> None:
    for event in make_wild_rows().events:
        assert inline_code(page(olga, event)) == []
        assert olga.get(f"{event.get_absolute_url()}/payload").status_code == 200


def test_people_without_the_permission_see_nothing(client: Client, stranger: User) -> None:
    event = make_event("order.placed", {"card": "4242"})
    assert client.get(event.get_absolute_url()).status_code == 302
    client.force_login(stranger)
    assert "4242" not in page(client, event, status=403)
