"""A search of events finds all that match, however many names there are."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from events.filters import EventFilter
from events.models import Event
from events.querysets import NEWEST_FIRST
from ops.access.models import User
from ops.display.formatting import short_text
from ops.engine import extensions
from ops.lists.pagination import capped_count, paginate
from tests.factories import make_event


@pytest.fixture(params=["with our indexes", "without"])
def indexes(request: pytest.FixtureRequest, transactional_db: None) -> None:
    """Lists are read in another way where our indexes serve them."""
    request.addfinalizer(extensions.recent.forget)
    if request.param == "with our indexes":
        extensions.install(extensions.get("indexes"), connection, str)
        request.addfinalizer(lambda: extensions.remove(extensions.get("indexes"), connection, str))
    extensions.recent.forget()


def walk(**parameters: object) -> list[str]:
    """Ids of all pages forwards; backwards they must be the same, and the count too."""
    criteria = EventFilter(QueryDict(urlencode(parameters, doseq=True))).checked_criteria()
    branches = Event.objects.branches(criteria)

    def page(cursor: str = "") -> Any:
        return paginate(branches, lambda rows: rows.for_list(), order=NEWEST_FIRST, size=7, cursor=cursor)

    pages = [page()]
    while pages[-1].next:
        pages.append(page(pages[-1].next))
    back = [pages[-1]]
    while back[-1].previous:
        back.append(page(back[-1].previous))
    found = [row.pk for one in pages for row in one.rows]
    assert found == [row.pk for one in reversed(back) for row in one.rows]
    assert capped_count(branches) == len(found)
    return found


def many_names(count: int = 60) -> list[Event]:
    """Events of many names, some several times and some at one moment."""
    now = timezone.now()
    return [
        make_event(f"order.{number:03}", timestamp=now - timedelta(minutes=number // 2 + turn))
        for number in range(count)
        for turn in range(1 + number % 3)
    ]


def newest_first(events: list[Event]) -> list[str]:
    return [event.pk for event in sorted(events, key=lambda one: (one.timestamp, one.pk), reverse=True)]


def test_a_search_finds_the_events_of_every_name_that_holds_the_text(indexes: None) -> None:
    events = many_names()
    events.append(make_event("other", user_id="order."))
    make_event("another")
    assert walk(q="ORDER.") == newest_first(events[:-1])
    assert walk(q="order.") == newest_first(events)


def test_any_number_of_names_can_be_asked_for(indexes: None) -> None:
    events = many_names()
    names = [f"order.{number:03}" for number in range(60)]
    assert walk(name=names) == newest_first(events)
    assert walk(name=names, q="order.00") == newest_first([one for one in events if one.name < "order.01"])
    assert walk(name=names[:50], q=events[0].pk) == [events[0].pk]


@pytest.mark.django_db
@pytest.mark.parametrize("ellipsis", ["…", "..."])
def test_the_short_id_that_lists_show_finds_the_event(ellipsis: str) -> None:
    event = make_event()
    make_event()
    assert walk(q=short_text(event.pk).replace("…", ellipsis)) == [event.pk]


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/events", "/api/events"])
def test_a_range_that_ends_before_it_begins_is_an_error_at_its_field(
    client: Client, operator: User, address: str
) -> None:
    client.force_login(operator)
    answer = client.get(f"{address}?received_from=1h&received_to=2h")
    assert answer.status_code == 400
    assert "received_to" in answer.content.decode()
    assert "ends before it begins" in answer.content.decode()
