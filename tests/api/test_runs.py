"""Runs over the API: lists agree with a plain reading of all rows, payloads stay where they belong."""

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
from runs.models import Run
from tests.api.conftest import Caller, make_token, with_token
from tests.factories import make_event, make_run, make_step
from tests.wild import NAMES, Wild, make_wild_rows

pytestmark = pytest.mark.django_db

EVENT = "01a1fb34-41fb-7db1-ad18-32da10bfcb0a"
HOUR = timedelta(hours=1)
MOMENT = timezone.now().replace(microsecond=0) - 5 * HOUR
Predicate = Callable[[Run], bool]
# No parameter here needs a window: what does is bounded by created_from.
FILTERS: dict[str, tuple[list[tuple[str, str]], Predicate]] = {
    "failed": ([("state", "failed")], lambda run: run.state == "failed"),
    "open": ([("state", "queued"), ("state", "stuck")], lambda run: run.state in {"queued", "stuck"}),
    "held": ([("state", "held")], lambda run: run.state == "held"),
    "running": ([("status", "running")], lambda run: run.status == "running"),
    "ended": (
        [("status", "completed"), ("status", "failed")],
        lambda run: run.status in {"completed", "failed"},
    ),
    "function": ([("function_id", NAMES[0])], lambda run: run.function_id == NAMES[0]),
    "functions": (
        [("function_id", "charge-card"), ("function_id", NAMES[2])],
        lambda run: run.function_id in {"charge-card", NAMES[2]},
    ),
    "event": ([("event_id", EVENT)], lambda run: run.event_id == EVENT),
    "from": ([("created_from", MOMENT.isoformat())], lambda run: run.created_at >= MOMENT),
    "to": ([("created_to", MOMENT.isoformat())], lambda run: run.created_at < MOMENT),
    "worker": ([("worker", "worker-1")], lambda run: run.status == "running" and run.locked_by == "worker-1"),
    "error": (
        [("has_error", "true"), ("created_from", "2d")],
        lambda run: run.error is not None and run.created_at >= timezone.now() - 48 * HOUR,
    ),
    "attempt": (
        [("attempt", "2"), ("created_from", "2d")],
        lambda run: run.attempt == 2 and run.created_at >= timezone.now() - 48 * HOUR,
    ),
    "search": ([("q", "charge")], lambda run: "charge" in run.function_id.lower()),
    "prefix": ([("q", EVENT[:10])], lambda run: run.event_id == EVENT),
}
PAIRS = [
    pair
    for pair in combinations(FILTERS, 2)
    if not {name for name, _ in FILTERS[pair[0]][0]} & {name for name, _ in FILTERS[pair[1]][0]}
]


@pytest.fixture
def runs() -> list[Run]:
    make_wild_rows()
    make_event(id=EVENT)
    for number in range(40):
        status = Run.Status.values[number % 5]
        error = "CardDeclined" if number % 3 else None
        about = {"event_id": EVENT} if number % 4 == 0 else {}
        at = timezone.now() - number * HOUR
        make_run(
            ("charge-card", "sync-crm")[number % 2],
            status,
            error=error,
            attempt=number % 4,
            created_at=at,
            **about,
        )
    return list(Run.objects.all())


def ids(rows: list[Any]) -> list[str]:
    return [row["id"] for row in rows]


@pytest.mark.parametrize("names", [*((name,) for name in FILTERS), *PAIRS], ids="+".join)
def test_each_filter_and_pair_agrees_with_a_plain_reading(
    as_viewer: Caller, runs: list[Run], names: tuple[str, ...]
) -> None:
    query = [pair for name in names for pair in FILTERS[name][0]]
    found = ids(as_viewer.walk(f"/api/runs?{urlencode(query)}&limit=40"))
    wanted = {run.pk for run in runs if all(FILTERS[name][1](run) for name in names)}
    assert len(found) == len(set(found))
    assert set(found) == wanted


def test_the_filters_above_find_something_and_not_everything(runs: list[Run]) -> None:
    for name, (_, holds) in FILTERS.items():
        assert 0 < sum(holds(run) for run in runs) < len(runs), name


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_a_walk_shows_every_wild_row_once_and_back_again(
    as_viewer: Caller, runs: list[Run], order: str
) -> None:
    page = as_viewer.get(f"/api/runs?limit=9&order={order}")
    forwards, last = ids(page["results"]), page
    while last["next"]:
        last = as_viewer.get(last["next"])
        forwards += ids(last["results"])
    sign = "-" if order == "newest" else ""
    assert forwards == [run.pk for run in Run.objects.order_by(f"{sign}created_at", f"{sign}id")]
    backwards = ids(last["results"])
    while last["previous"]:
        last = as_viewer.get(last["previous"])
        backwards = ids(last["results"]) + backwards
    assert backwards == forwards


def test_a_filter_without_an_index_says_to_which_time_it_was_limited(
    as_viewer: Caller, runs: list[Run]
) -> None:
    body = as_viewer.get("/api/runs?attempt=2")
    assert body["window"]["end"] is None
    assert body["window"]["start"] < timezone.now().isoformat()
    assert set(ids(body["results"])) == {
        run.pk for run in runs if run.attempt == 2 and run.created_at >= timezone.now() - 24 * HOUR
    }
    assert "window" not in as_viewer.get("/api/runs?state=failed")


def test_every_wild_run_is_answered_as_it_is_stored(as_operator: Caller) -> None:
    wild = make_wild_rows()
    rows = {row["id"]: row for row in as_operator.walk("/api/runs?limit=500")}
    for run in wild.runs:
        detail = as_operator.get(f"/api/runs/{run.pk}")
        assert as_operator.status == 200, run.function_id
        for body in (rows[run.pk], detail):
            assert (body["function_id"], body["status"], body["attempt"]) == (
                run.function_id,
                run.status,
                run.attempt,
            )
            assert body["event_name"] == Event.objects.get(pk=run.event_id).name
        assert detail["error"] == run.error
        assert rows[run.pk]["error_head"] == (run.error if run.error is None else run.error[:200])
        assert detail["concurrency_key"] == run.concurrency_key
        assert as_operator.get(detail["links"]["steps"])["results"] is not None


def test_payloads_are_passed_on_byte_for_byte(as_operator: Caller) -> None:
    texts = ['{"n":12345678901234567890123,"x":1.50,"e":1E400}', "null", "[]", '"\\ud800"', "-0.0"]
    if connection.vendor == "sqlite":
        texts.append("[" * 900 + "]" * 900)
    for text in texts if connection.vendor == "sqlite" else ["null", "[]", '{"n": 12345678901234567890123}']:
        run = make_run(input=Payload(text), output=Payload(text))
        body = as_operator.client.get(f"/api/runs/{run.pk}").content.decode()
        assert f'"input":{text},"output":{text},' in body


def test_sql_null_and_json_null_are_both_null(as_operator: Caller) -> None:
    run = make_run(output=Payload("null"))
    assert as_operator.get(f"/api/runs/{run.pk}")["output"] is None
    assert as_operator.get(f"/api/runs/{make_run().pk}")["output"] is None


@pytest.mark.sqlite
@pytest.mark.parametrize("text", ["", "not json", '{"a": ', "NaN", '{"a": Infinity}', "[" * 1_500])
def test_stored_text_that_is_no_json_is_given_as_text_and_named(as_operator: Caller, text: str) -> None:
    run = make_run(output=Payload(text))
    body = as_operator.get(f"/api/runs/{run.pk}")
    assert body["output"] == text
    assert body["unreadable"] == ["output"]


@pytest.fixture
def secretive() -> Run:
    secret = Payload.of({"card": "4242 4242"})
    run = make_run(status="failed", input=secret, output=secret, event=make_event(data=secret))
    make_step(run, input=secret, output=secret)
    return run


@pytest.mark.parametrize("address", ["", "/steps"])
def test_payloads_are_withheld_from_viewers_and_never_read(
    as_viewer: Caller, as_operator: Caller, secretive: Run, address: str
) -> None:
    with CaptureQueriesContext(connection) as queries:
        body = as_viewer.get(f"/api/runs/{secretive.pk}{address}")
    [body] = body.get("results", [body])
    assert (body["input"], body["output"]) == (None, None)
    assert body["redacted"] == ["input", "output"]
    assert "4242" not in json.dumps(body)
    assert not any('"output"' in query["sql"] for query in queries)
    body = as_operator.get(f"/api/runs/{secretive.pk}{address}")
    [body] = body.get("results", [body])
    assert (body["input"], body["output"]) == ({"card": "4242 4242"}, {"card": "4242 4242"})
    assert body["redacted"] == []


def test_lists_read_no_payload_and_of_an_error_its_head(as_operator: Caller, secretive: Run) -> None:
    make_run(status="failed", error="x" * 5_000)
    with CaptureQueriesContext(connection) as queries:
        body = as_operator.get("/api/runs")
    assert not any(f'"{name}"' in query["sql"] for query in queries for name in ("input", "output", "data"))
    assert {len(row["error_head"] or "") for row in body["results"]} == {0, 200}
    assert "4242" not in json.dumps(body)


@pytest.mark.parametrize(
    "query", ["", "?state=failed&state=queued", "?q=charge&limit=500", "?has_error=true"]
)
def test_a_list_takes_as_many_queries_for_50_rows_as_for_one(operator: User, query: str) -> None:
    caller = with_token(make_token(operator))
    caller.get("/api/runs?q=charge")  # notes the token's use, fills the caches
    counts = []
    for rows in (1, 49):
        event = make_event()
        for _ in range(rows):
            make_run(status="failed", event=event)
        with CaptureQueriesContext(connection) as queries:
            caller.get(f"/api/runs{query}")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 2  # whose token, the rows


def test_one_run_takes_as_many_queries_whatever_it_has(operator: User) -> None:
    caller = with_token(make_token(operator))
    run = make_run()
    caller.get("/api/runs")
    for _ in range(20):
        make_step(run, f"step {_}")
    for address in (f"/api/runs/{run.pk}", f"/api/runs/{run.pk}/steps"):
        with CaptureQueriesContext(connection) as queries:
            caller.get(address)
        assert len(queries) == 3  # whose token, the run, its replays or steps


def test_steps_come_in_the_order_in_which_they_began(as_viewer: Caller) -> None:
    run = make_run()
    at = timezone.now()
    for number, name in enumerate(("third", "first", "second")):
        begin = at + timedelta(seconds=(number - 1) % 3)
        make_step(run, name, started_at=begin, ended_at=begin, created_at=at)
    make_step(run, "waiting", "pending", created_at=at + timedelta(seconds=9))
    names = [step["step_id"] for step in as_viewer.walk(f"/api/runs/{run.pk}/steps?limit=1")]
    assert names == ["first", "second", "third", "waiting"]


def test_the_links_of_a_run_lead_somewhere(as_viewer: Caller) -> None:
    wild: Wild = make_wild_rows()
    for run in wild.runs:
        links = as_viewer.get(f"/api/runs/{run.pk}")["links"]
        assert as_viewer.get(links["self"])["id"] == run.pk
        for name in ("steps", "event"):
            as_viewer.get(links[name])
            assert as_viewer.status == 200, links[name]


def test_figures_count_what_was_created_in_the_span(as_viewer: Caller) -> None:
    event = make_event()
    for status in ("queued", "failed", "failed", "completed"):
        make_run(status=status, event=event)
    make_run(status="failed", event=event, created_at=timezone.now() - 3 * HOUR)
    body = as_viewer.get("/api/runs/stats?range=1h")
    assert body["total"] == 4
    assert (body["states"]["failed"], body["states"]["completed"], body["states"]["held"]) == (2, 1, 0)
    assert sum(bucket["states"]["failed"] for bucket in body["buckets"]) == 2
    assert body["functions"] == [
        {"function_id": "charge-card", "runs": 4, "completed": 1, "failed": 2, "rate": pytest.approx(2 / 3)}
    ]
    assert as_viewer.get("/api/runs/stats?range=6h")["total"] == 5
