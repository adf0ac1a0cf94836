"""Our answers hold what the engine's own API answers over the same rows, field by field and byte by byte."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from tests.api.conftest import Caller
from tests.engine.real_data import FOLDER, needs_real_data
from tests.engine.real_rows import load_real_rows

pytestmark = [pytest.mark.django_db, needs_real_data]

# A list of ours leaves payloads to the thing itself, and has of an error only its head.
NOT_IN_LISTS = {"input", "output", "error", "data"}


def recorded(prefix: str) -> Iterator[tuple[str, Any]]:
    """Request and body of the engine's successful answers of this kind."""
    database = "pg" if connection.vendor == "postgresql" else "sqlite"
    for path in sorted((FOLDER / "api").glob(f"{database}-{prefix}*.json")):
        answer = json.loads(path.read_text(encoding="utf-8"))
        if answer["status"] == 200:
            yield answer["request"].removeprefix("GET "), answer["body"]


def lists(prefix: str) -> list[tuple[str, list[Any]]]:
    return [(request, body) for request, body in recorded(prefix) if isinstance(body, list)]


def same(ours: Any, theirs: dict[str, Any], *, but: set[str] = frozenset()) -> None:  # type: ignore[assignment]
    """Every key of the engine's is there with the same value."""
    expected = {name: value for name, value in theirs.items() if name not in but}
    assert {name: ours[name] for name in expected} == expected


@pytest.fixture
def caller(as_operator: Caller) -> Caller:
    load_real_rows()
    return as_operator


def test_every_recorded_run_is_the_same_in_its_list_and_by_itself(caller: Caller) -> None:
    seen = 0
    for request, rows in lists("runs-"):
        if any(word in request for word in ("/steps", "offset", "bogus", "event_id")):
            continue
        ours = caller.get(f"/api{request}")["results"]
        assert [row["id"] for row in ours] == [row["id"] for row in rows], request
        for mine, theirs in zip(ours, rows, strict=True):
            same(mine, theirs, but=NOT_IN_LISTS)
            same(caller.get(f"/api/runs/{theirs['id']}"), theirs)
            seen += 1
    assert seen > 50


def test_every_recorded_run_page_is_the_same(caller: Caller) -> None:
    found = [body for request, body in recorded("run-") if isinstance(body, dict)]
    assert len(found) > 10
    for theirs in found:
        same(caller.get(f"/api/runs/{theirs['id']}"), theirs)


def test_every_recorded_step_is_the_same(caller: Caller) -> None:
    seen = 0
    for request, steps in recorded("run"):
        if not request.endswith("/steps"):
            continue
        ours = {step["id"]: step for step in caller.get(f"/api{request}")["results"]}
        assert ours.keys() == {step["id"] for step in steps}
        for theirs in steps:
            # Of a step saved over HTTP the engine on SQLite says the time of the request, not of the row.
            saved_over_http = theirs["created_at"] > theirs["ended_at"] if theirs["ended_at"] else False
            same(ours[theirs["id"]], theirs, but={"created_at"} if saved_over_http else set())
            seen += 1
    assert seen > (10 if connection.vendor == "sqlite" else 5)


def test_the_runs_of_an_event_are_the_same(caller: Caller) -> None:
    [(request, rows)] = lists("runs-of-event")
    event = request.split("event_id=")[1].split("&")[0]
    for address in (f"/api/runs?event_id={event}", f"/api/events/{event}/runs"):
        assert {row["id"] for row in caller.get(address)["results"]} == {row["id"] for row in rows}


def test_every_recorded_event_is_the_same(caller: Caller) -> None:
    for request, rows in lists("events-"):
        address, _, offset = f"/api{request}".partition("&offset=")
        ours = caller.walk(address)[int(offset or 0) :][: len(rows)]
        assert [row["id"] for row in ours] == [row["id"] for row in rows], request
        for mine, theirs in zip(ours, rows, strict=True):
            same(mine, theirs, but=NOT_IN_LISTS)
            same(caller.get(f"/api/events/{theirs['id']}"), theirs)


def test_every_recorded_function_is_the_same(caller: Caller) -> None:
    [(_, functions)] = lists("functions")
    for theirs in functions:
        same(caller.get(f"/api/functions/{theirs['id']}"), theirs)
    ours = {row["id"]: row for row in caller.walk("/api/functions?limit=3")}
    for theirs in functions:
        same(ours[theirs["id"]], theirs)
