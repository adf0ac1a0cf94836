"""Events over the API."""

import json
from collections.abc import Callable
from datetime import timedelta
from itertools import combinations
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from events.models import Event
from ops.access.models import User
from ops.engine.values import Payload
from tests.api.conftest import Caller, make_token, with_token
from tests.factories import make_event, make_run
from tests.wild import NAMES, make_wild_rows

pytestmark = pytest.mark.django_db

NOWHERE = "01a1fb34-41fb-7db1-ad18-32da10bfcb0a"
MOMENT = timezone.now().replace(microsecond=0) - timedelta(hours=5)
FILTERS: dict[str, tuple[list[tuple[str, str]], Callable[[Event], bool]]] = {
    "name": ([("name", "order.placed")], lambda event: event.name == "order.placed"),
    "names": (
        [("name", NAMES[2]), ("name", "invoice.created")],
        lambda event: event.name in {NAMES[2], "invoice.created"},
    ),
    "user": ([("user_id", "ann")], lambda event: event.user_id == "ann"),
    "wild user": ([("user_id", NAMES[3])], lambda event: event.user_id == NAMES[3]),
    "key": ([("idempotency_key", "key 4")], lambda event: event.idempotency_key == "key 4"),
    "from": ([("received_from", MOMENT.isoformat())], lambda event: event.timestamp >= MOMENT),
    "to": ([("received_to", MOMENT.isoformat())], lambda event: event.timestamp < MOMENT),
    "search": ([("q", "invoice")], lambda event: "invoice" in event.name),
}
PAIRS = [
    pair
    for pair in combinations(FILTERS, 2)
    if not {name for name, _ in FILTERS[pair[0]][0]} & {name for name, _ in FILTERS[pair[1]][0]}
]


@pytest.fixture
def events() -> list[Event]:
    make_wild_rows()
    for number in range(30):
        make_event(
            ("order.placed", "invoice.created")[number % 2],
            timestamp=timezone.now() - timedelta(hours=number),
            user_id=("ann", "bob", None)[number % 3],
            idempotency_key=f"key {number}" if number % 4 == 0 else None,
        )
    return list(Event.objects.all())


@pytest.mark.parametrize("names", [*((name,) for name in FILTERS), *PAIRS], ids="+".join)
def test_each_filter_and_pair_agrees_with_a_plain_reading(
    as_viewer: Caller, events: list[Event], names: tuple[str, ...]
) -> None:
    query = urlencode([pair for name in names for pair in FILTERS[name][0]])
    found = [row["id"] for row in as_viewer.walk(f"/api/events?{query}&limit=9")]
    wanted = {event.pk for event in events if all(FILTERS[name][1](event) for name in names)}
    assert len(found) == len(set(found))
    assert set(found) == wanted


def test_the_filters_above_find_something_and_not_everything(events: list[Event]) -> None:
    for name, (_, holds) in FILTERS.items():
        assert 0 < sum(holds(event) for event in events) < len(events), name


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_a_walk_shows_every_wild_event_once(as_viewer: Caller, events: list[Event], order: str) -> None:
    found = [row["id"] for row in as_viewer.walk(f"/api/events?order={order}&limit=7")]
    sign = "-" if order == "newest" else ""
    assert found == [event.pk for event in Event.objects.order_by(f"{sign}timestamp", f"{sign}id")]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("colour=red", "colour"),
        ("received_from=soon", "received_from"),
        ("received_to=soon", "received_to"),
        ("user_id=a&user_id=b", "user_id"),
        ("name=%00", "name"),
        ("idempotency_key=%00", "idempotency_key"),
        ("state=failed", "state"),
        ("cursor=x", "cursor"),
    ],
)
def test_400_names_the_parameter(as_viewer: Caller, query: str, field: str) -> None:
    assert as_viewer.get(f"/api/events?{query}")["error"]["fields"].keys() == {field}
    assert as_viewer.status == 400


@pytest.mark.parametrize("pk", ["nope", NOWHERE, "%00", "a b"])
def test_404_for_what_is_not_there(as_viewer: Caller, pk: str) -> None:
    assert as_viewer.get(f"/api/events/{pk}")["error"]["code"] == "not_found"
    assert as_viewer.status == 404


def test_the_payload_is_withheld_from_viewers_and_never_read(as_viewer: Caller, as_operator: Caller) -> None:
    event = make_event(data={"card": "4242 4242"})
    with CaptureQueriesContext(connection) as queries:
        body = as_viewer.get(f"/api/events/{event.pk}")
        rows = as_viewer.get("/api/events")
    assert (body["data"], body["redacted"]) == (None, ["data"])
    assert "4242" not in json.dumps([body, rows])
    assert not any('"events"."data"' in query["sql"] for query in queries)
    assert as_operator.get(f"/api/events/{event.pk}")["data"] == {"card": "4242 4242"}


@pytest.mark.parametrize("data", [None, 7, "text", [], {"n": 12345678901234567890}])
def test_a_payload_of_any_kind_is_passed_on(as_operator: Caller, data: Any) -> None:
    event = make_event(data=Payload.of(data))
    assert as_operator.get(f"/api/events/{event.pk}")["data"] == data


def test_the_runs_of_an_event_are_those_and_no_others(as_viewer: Caller) -> None:
    event = make_event()
    runs = {make_run(name, event=event).pk for name in ("a", "b", "c")}
    make_run()
    assert {row["id"] for row in as_viewer.walk(f"/api/events/{event.pk}/runs?limit=2")} == runs
    as_viewer.get(f"/api/events/{event.pk}/runs?event_id={NOWHERE}")
    assert as_viewer.status == 400


def test_a_list_takes_as_many_queries_for_50_rows_as_for_one(operator: User) -> None:
    caller = with_token(make_token(operator))
    caller.get("/api/events?q=x")
    counts = []
    for rows in (1, 49):
        for _ in range(rows):
            make_event()
        with CaptureQueriesContext(connection) as queries:
            caller.get("/api/events")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 4
