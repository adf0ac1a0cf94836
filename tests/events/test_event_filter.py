"""The filter of events agrees with plain Python, and refuses what it can't understand."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.http import QueryDict
from django.utils import timezone

from events.filters import EventFilter
from events.models import Event
from events.querysets import NEWEST_FIRST, event_names
from ops.engine.values import Timestamp
from ops.lists.pagination import capped_count, paginate
from ops.platform.errors import InvalidInput
from tests.factories import make_event

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db


def make_events() -> list[Event]:
    now = timezone.now()
    return [
        make_event("order.placed", timestamp=now - HOUR, user_id="ann", idempotency_key="k1"),
        make_event("order.placed", timestamp=now - 2 * HOUR, user_id="bob"),
        make_event("order.cancelled", timestamp=now - 3 * HOUR, user_id="ann"),
        make_event("Order.Placed", timestamp=now - 30 * HOUR, idempotency_key="order"),
        make_event("ann", timestamp=now - 31 * HOUR, user_id="order"),
        make_event("ping", timestamp=now - 32 * HOUR, user_id=" ann "),
    ]


def found(query: str) -> list[str]:
    """Ids in the order of the list."""
    branches = Event.objects.branches(EventFilter(QueryDict(query)).checked_criteria())
    page = paginate(branches, lambda events: events.for_list(), order=NEWEST_FIRST, size=50)
    assert capped_count(branches) == len(page.rows)
    return [event.pk for event in page.rows]


CASES: dict[str, Callable[[Event], bool]] = {
    "": lambda event: True,
    "name=order.placed": lambda event: event.name == "order.placed",
    "name=order.placed&name=ping": lambda event: event.name in {"order.placed", "ping"},
    "name=order.plac": lambda event: False,
    "user_id=ann": lambda event: event.user_id == "ann",
    "user_id=+ann+": lambda event: event.user_id == " ann ",
    "idempotency_key=k1": lambda event: event.idempotency_key == "k1",
    "received_from=24h": lambda event: event.timestamp > timezone.now() - 24 * HOUR,
    "received_to=24h": lambda event: event.timestamp < timezone.now() - 24 * HOUR,
    "received_from=150m&received_to=90m": lambda event: event.user_id == "bob",
    "name=order.placed&user_id=ann": lambda event: event.idempotency_key == "k1",
    "q=ORDER.pl": lambda event: event.name.lower() == "order.placed",
    "q=ann": lambda event: "ann" in (event.name, event.user_id),
    "q=order": lambda event: "order" in event.name.lower() or event.user_id == "order",
    "q=k1": lambda event: event.idempotency_key == "k1",
    "q=nothing": lambda event: False,
    "q=order&name=ann&name=order.placed": lambda event: event.name in {"ann", "order.placed"},
}


@pytest.mark.parametrize("query", CASES)
def test_a_filter_finds_what_python_finds_newest_first(query: str) -> None:
    events = sorted(make_events(), key=lambda event: event.timestamp, reverse=True)
    assert found(query) == [event.pk for event in events if CASES[query](event)]


def test_an_id_is_found_by_its_beginning_in_any_spelling() -> None:
    event = make_events()[3]
    for text in (event.pk, event.pk[:13], event.pk.replace("-", "").upper()[:20]):
        assert event.pk in found(f"q={text}")
    assert found(f"q={event.pk}") == [event.pk]


def test_an_event_that_an_id_and_a_name_find_is_listed_once() -> None:
    event = make_event("x")
    same = make_event(event.pk[:8], user_id=event.pk[:8], idempotency_key=event.pk[:8])
    assert sorted(found(f"q={event.pk[:8]}")) == sorted([event.pk, same.pk])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("received_from=soon", "received_from"),
        ("received_to=2026-13-01", "received_to"),
        ("user_id=a&user_id=b", "user_id"),
        ("name=a%00b", "name"),
        ("q=a%00b", "q"),
        ("user=ann", "user"),
        ("received_from=99999999d", "received_from"),
    ],
)
def test_what_makes_no_sense_is_an_error_at_its_field(query: str, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        EventFilter(QueryDict(query)).checked_criteria()
    assert list(caught.value.fields) == [field]


def test_pages_both_ways_lose_and_double_nothing_among_equal_times() -> None:
    at = Timestamp.at(timezone.now())
    made = [make_event(timestamp=at).pk for _ in range(7)] + [make_event().pk for _ in range(4)]
    seen: list[str] = []
    cursor = ""
    while True:
        page = paginate(
            [Event.objects.all()], lambda events: events.for_list(), order=NEWEST_FIRST, size=3, cursor=cursor
        )
        seen += [event.pk for event in page.rows]
        if page.next is None:
            break
        cursor = page.next
    assert sorted(seen) == sorted(made)
    back = paginate(
        [Event.objects.all()],
        lambda events: events.for_list(),
        order=NEWEST_FIRST,
        size=3,
        cursor=page.previous or "",
    )
    assert [event.pk for event in back.rows] == seen[-len(page.rows) - 3 : -len(page.rows)]


def test_known_names_are_each_given_once_and_sorted() -> None:
    make_events()
    assert sorted(event_names()) == sorted({"order.placed", "order.cancelled", "Order.Placed", "ann", "ping"})
    assert event_names() == event_names()


def test_without_events_there_are_no_names() -> None:
    assert event_names() == []
