"""Thousands of functions: none is left out, and the list stays as cheap as for a few."""

from threading import Barrier, Event, Thread
from time import perf_counter
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from functions.listing import BY_ID, Named
from functions.models import Function
from functions.registry import heard_names, registry, without_run
from functions.templatetags.functions import function_note
from ops.engine.values import Payload
from ops.lists.pagination import make_cursor
from ops.platform.caching import kept

MANY = 2_100
LAST = "f-9999"


@pytest.fixture
def many(db: None) -> None:
    """More functions than any list shows; the last by id listens to an event of its own."""
    now = timezone.now()
    names = [*(f"f-{number:04}" for number in range(MANY)), LAST]
    Function.objects.bulk_create(
        Function(id=name, definition=definition_of(name), created_at=now, updated_at=now) for name in names
    )


def definition_of(name: str) -> Payload:
    trigger = {"type": "event", "name": f"event.{name}", "schedule": None}
    return Payload.of({"id": name, "triggers": [trigger]})


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(
    "address",
    ["/functions", "/functions?q=9999", f"/functions?event=event.{LAST}"],
)
def test_the_last_of_thousands_of_functions_is_found(vera: Client, address: str) -> None:
    text = vera.get(address).content.decode()
    assert f"<b>{MANY + 1:,} functions</b>" in text or f'href="/functions/{LAST}"' in text


@pytest.mark.usefixtures("many")
def test_the_last_page_of_thousands_of_functions_ends_with_the_last(vera: Client) -> None:
    cursor = make_cursor(BY_ID, Named(f"f-{MANY - 9}"), "next", "/functions")
    assert f'href="/functions/{LAST}"' in vera.get(f"/functions?cursor={cursor}").content.decode()


@pytest.mark.usefixtures("many")
def test_the_page_of_the_last_of_thousands_of_functions_knows_it(vera: Client) -> None:
    answer = vera.get(f"/functions/{LAST}")
    assert answer.status_code == 200
    assert "not registered" not in answer.content.decode()
    assert function_note(LAST) == ""
    assert vera.get("/api/functions?q=9999").json()["results"][0]["registered"]


@pytest.mark.usefixtures("many")
def test_the_events_of_the_last_of_thousands_of_functions_are_known() -> None:
    assert f"event.{LAST}" in heard_names()
    assert without_run(f"event.{LAST}", timezone.now(), ()) == [LAST]


@pytest.mark.usefixtures("many")
def test_a_page_of_thousands_reads_every_definition_once_for_all_readers(vera: Client) -> None:
    vera.get("/functions")
    with CaptureQueriesContext(connection) as asked:
        vera.get("/functions?q=f-2")
        vera.get(f"/functions?event=event.{LAST}")
    assert not [one["sql"] for one in asked if 'FROM "functions"' in one["sql"]]
    assert registry() is registry()


def test_readers_of_one_figure_at_one_moment_read_it_once() -> None:
    begun, reads = Barrier(8), []

    def read() -> list[Any]:
        reads.append(perf_counter())
        start = perf_counter()
        while perf_counter() - start < 0.05:
            pass
        return reads

    def ask() -> None:
        begun.wait()
        kept("figure of a test", read=read, seconds=60)

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(reads) == 1


def test_a_reader_waits_for_another_only_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.platform.caching.PATIENCE", 0.05)
    hangs, begun = Event(), Event()

    def hang() -> str:
        begun.set()
        hangs.wait(10)
        return "late"

    slow = Thread(target=kept, args=("figure",), kwargs={"read": hang, "seconds": 60})
    slow.start()
    begun.wait(10)
    assert kept("figure", read=lambda: "now", seconds=60) == "now"
    hangs.set()
    slow.join()


def test_a_figure_that_could_not_be_read_is_read_again() -> None:
    with pytest.raises(ZeroDivisionError):
        kept("figure", read=lambda: 1 / 0, seconds=60)
    assert kept("figure", read=lambda: 1, seconds=60) == 1
