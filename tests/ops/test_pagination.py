"""Keyset pages: nothing lost, nothing doubled, whatever the rows and the direction."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ops.engine.values import Timestamp
from ops.lists.pagination import SALT, Order, Page, capped_count, paginate
from ops.platform.errors import InvalidInput
from runs.models import Run
from tests.factories import make_event, make_run
from tests.wild import make_wild_rows

pytestmark = pytest.mark.django_db

ORDERS = [
    Order(columns, newest_first=newest)
    for columns in (("created_at", "id"), ("id",))
    for newest in (True, False)
]
STATUSES = ("queued", "failed", "completed")


def page(order: Order, cursor: str = "", *, size: int = 7, scope: str = "", **about: Any) -> Page:
    branches = about.get("branches", [Run.objects.all()])
    return paginate(branches, lambda rows: rows, order=order, size=size, cursor=cursor, scope=scope)


def walk(order: Order, **about: Any) -> list[str]:
    """Forwards to the end; then backwards over the same pages, which must show the same."""
    pages = [page(order, **about)]
    while pages[-1].next:
        pages.append(page(order, pages[-1].next, **about))
    back = [pages[-1]]
    while back[-1].previous:
        back.append(page(order, back[-1].previous, **about))
    shown = [row.pk for one in pages for row in one.rows]
    assert shown == [row.pk for one in reversed(back) for row in one.rows]
    assert back[-1].previous is None
    assert all(len(one.rows) == about.get("size", 7) for one in pages[:-1])
    return shown


def expected(order: Order, keep: Callable[[Run], bool] = lambda run: True) -> list[str]:
    return [run.pk for run in Run.objects.order_by(*order.by()) if keep(run)]


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_a_walk_over_wild_rows_shows_each_once(order: Order) -> None:
    make_wild_rows()
    assert walk(order) == expected(order)


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_equal_moments_lose_and_double_nothing(order: Order) -> None:
    moment, event = timezone.now(), make_event()
    for _ in range(30):
        make_run(created_at=moment, event=event)
    assert walk(order) == expected(order)
    assert len(expected(order)) == 30


def test_nanoseconds_of_one_microsecond_stay_in_order() -> None:
    event = make_event()
    for fraction in ("123456", "123456001", "123456002", "123456999", "123457"):
        make_run(event=event, created_at=Timestamp.read(f"2026-02-22T19:32:57.{fraction}+00:00"))
    order = Order(("created_at", "id"))
    assert walk(order, size=1) == expected(order)


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_branches_come_out_as_one_list(order: Order) -> None:
    chance, event = random.Random(7), make_event()  # noqa: S311 - not a secret
    for _ in range(40):
        status = chance.choice(STATUSES)
        make_run(status=status, created_at=timezone.now() - timedelta(hours=chance.random()), event=event)
    branches = [Run.objects.filter(status=status) for status in STATUSES[:2]]
    assert walk(order, branches=branches) == expected(order, lambda run: run.status in STATUSES[:2])


def test_the_size_divides_the_rows_and_no_empty_page_follows() -> None:
    event = make_event()
    for _ in range(6):
        make_run(event=event)
    assert len(walk(Order(), size=3)) == 6
    second = page(Order(), page(Order(), size=3).next or "", size=3)
    assert second.next is None
    assert len(second.rows) == 3


def test_no_branches_is_an_empty_list() -> None:
    make_run()
    assert page(Order(), branches=[]) == Page([], None, None)
    assert capped_count([]) == 0


def test_rows_that_come_meanwhile_shift_nothing() -> None:
    event = make_event()
    kept = [make_run(event=event).pk for _ in range(6)][::-1]
    first = page(Order(), size=3)
    make_run(event=event)
    second = page(Order(), first.next or "", size=3)
    assert [row.pk for row in (*first.rows, *second.rows)] == kept


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_any_page_is_one_query_without_offset_and_count(order: Order) -> None:
    event = make_event()
    for _ in range(20):
        make_run(event=event)
    second = page(order).next or ""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        page(order, second)
    [query] = queries.captured_queries
    assert "OFFSET" not in query["sql"].upper()
    assert "COUNT(" not in query["sql"].upper()


@pytest.mark.parametrize(
    "forged",
    [
        "x",
        "a:b:c",
        signing.dumps("x", salt=SALT),
        signing.dumps(["next", "x", "1"], salt="another"),
        signing.dumps([], salt=SALT),
        signing.dumps({"a": 1}, salt=SALT),
    ],
    ids=["text", "parts", "no list", "another salt", "empty", "an object"],
)
def test_a_cursor_that_is_not_ours_is_an_error(forged: str) -> None:
    make_run()
    with pytest.raises(InvalidInput) as caught:
        page(Order(), forged)
    assert caught.value.fields.keys() == {"cursor"}


def test_a_changed_cursor_is_an_error() -> None:
    event = make_event()
    for _ in range(4):
        make_run(event=event)
    cursor = page(Order(), size=2).next or ""
    with pytest.raises(InvalidInput, match="Not a cursor"):
        page(Order(), cursor[:-1] + ("A" if cursor[-1] != "A" else "B"))


def test_a_cursor_of_another_filter_or_order_is_an_error() -> None:
    event = make_event()
    for _ in range(4):
        make_run(event=event)
    cursor = page(Order(), size=2, scope="status=failed").next or ""
    assert page(Order(), cursor, size=2, scope="status=failed").rows
    for scope in ("status=queued", ""):
        with pytest.raises(InvalidInput, match="another filter or order"):
            page(Order(), cursor, scope=scope)
    with pytest.raises(InvalidInput, match="another filter or order"):
        page(Order(newest_first=False), cursor, scope="status=failed")


def test_counts_stop_at_the_cap() -> None:
    event = make_event()
    for status in STATUSES:
        for _ in range(3):
            make_run(status=status, event=event)
    every = [Run.objects.filter(status=status) for status in STATUSES]
    assert capped_count(every, cap=9) == 9
    assert capped_count(every, cap=8) == 9
    assert capped_count(every, cap=4) == 5
    assert capped_count(every[:1], cap=4) == 3
