"""Functions over the API: definitions as they are stored, whatever they hold."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from functions.models import Function
from ops.access.models import User
from ops.engine.values import Payload
from tests.api.conftest import Caller, make_token, with_token
from tests.factories import make_event, make_function, make_run
from tests.wild import DEFINITIONS, make_wild_rows

pytestmark = pytest.mark.django_db

KEYS = ("name", "triggers", "retries", "timeout_secs", "concurrency", "throttle", "debounce", "priority")


def test_every_wild_function_is_listed_once_and_found_by_its_link(as_viewer: Caller) -> None:
    wild = make_wild_rows()
    rows = {row["id"]: row for row in as_viewer.walk("/api/functions?limit=5")}
    assert {name for name, row in rows.items() if row["registered"]} == {one.id for one in wild.functions}
    assert rows.keys() == {one.id for one in wild.functions} | {run.function_id for run in wild.runs}
    for name, row in rows.items():
        function = as_viewer.get(row["links"]["self"])
        assert (as_viewer.status, function["id"]) == (200, name)
        assert as_viewer.get(row["links"]["runs"])["results"] is not None


@pytest.mark.parametrize("name", DEFINITIONS)
def test_a_definition_of_any_kind_is_told_key_by_key(as_viewer: Caller, name: str) -> None:
    definition = DEFINITIONS[name]
    make_function(name, definition if isinstance(definition, Payload) else Payload.of(definition))
    body = as_viewer.get(f"/api/functions/{name}")
    if isinstance(definition, dict):
        assert {key: body[key] for key in KEYS} == {key: definition.get(key) for key in KEYS}
        assert (body["definition"], body["fault"]) == (definition, "")
    else:
        assert {body[key] for key in KEYS} == {None}
        assert body["fault"]


@pytest.mark.parametrize(
    "name", ["billing/charge card", "a/b/c", "a?b=c#d%2Fe", "日本語", "..", "/", "a//b", "~x"]
)
def test_an_id_of_any_kind_works(as_viewer: Caller, name: str) -> None:
    make_function(name)
    make_run(name)
    [row] = as_viewer.get("/api/functions")["results"]
    assert as_viewer.get(row["links"]["self"])["id"] == name
    [run] = as_viewer.get(row["links"]["runs"])["results"]
    assert run["function_id"] == name
    assert as_viewer.get(run["links"]["function"])["id"] == name


def test_a_function_that_is_not_registered_is_told_by_its_runs(as_viewer: Caller) -> None:
    make_run("legacy-export", "failed")
    body = as_viewer.get("/api/functions/legacy-export")
    assert (body["registered"], body["definition"], body["created_at"]) == (False, None, None)
    assert body["recent"]["failed"] == 1
    assert [row["id"] for row in as_viewer.get("/api/functions")["results"]] == ["legacy-export"]


@pytest.mark.parametrize("name", ["nowhere", "a/b", "%00", "~%25", "~"])
def test_404_for_what_is_not_there(as_viewer: Caller, name: str) -> None:
    assert as_viewer.get(f"/api/functions/{name}")["error"]["code"] == "not_found"
    assert as_viewer.status == 404


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("order=newest", "order"),
        ("after=x", "after"),
        ("registered=maybe", "registered"),
        ("q=%00", "q"),
        ("cursor=x", "cursor"),
        ("limit=0", "limit"),
    ],
)
def test_400_names_the_parameter(as_viewer: Caller, query: str, field: str) -> None:
    assert as_viewer.get(f"/api/functions?{query}")["error"]["fields"].keys() == {field}
    assert as_viewer.status == 400


def test_the_figures_are_those_of_the_last_day(as_viewer: Caller) -> None:
    make_function("quiet")
    make_function()
    event = make_event()
    for status in ("failed", "completed", "completed", "completed", "queued"):
        run = make_run(status=status, event=event)
    make_run(status="failed", event=event, created_at=timezone.now().replace(year=2025))
    body = as_viewer.get("/api/functions/charge-card")
    assert {name: body["recent"][name] for name in ("runs", "completed", "failed", "rate")} == {
        "runs": 5,
        "completed": 3,
        "failed": 1,
        "rate": 0.25,
    }
    assert body["last_run_at"] == as_viewer.get(f"/api/runs/{run.pk}")["created_at"]
    quiet = as_viewer.get("/api/functions/quiet")
    assert (quiet["recent"]["runs"], quiet["recent"]["rate"], quiet["last_run_at"]) == (0, None, None)


def test_a_list_takes_as_many_queries_for_50_rows_as_for_one(operator: User) -> None:
    caller = with_token(make_token(operator))
    caller.get("/api/functions")  # the figures are kept for some seconds
    counts = []
    for rows in (1, 49):
        for _ in range(rows):
            make_function(f"function {Function.objects.count()}")
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            caller.get("/api/functions")
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["charge-card", "legacy-export", "nightly"]),
        ("q=CHARGE", ["charge-card"]),
        ("event=order.placed", ["charge-card"]),
        ("registered=true", ["charge-card", "nightly"]),
        ("registered=false", ["legacy-export"]),
        ("registered=true&q=export", []),
    ],
)
def test_each_filter_finds_what_it_says_both_ways(as_viewer: Caller, query: str, names: list[str]) -> None:
    make_function()
    make_function("nightly", {"triggers": [{"type": "cron", "schedule": "0 3 * * *"}]})
    make_run("legacy-export")
    page = as_viewer.get(f"/api/functions?{query}&limit=1")
    forwards, last = [row["id"] for row in page["results"]], page
    while last["next"]:
        last = as_viewer.get(last["next"])
        forwards += [row["id"] for row in last["results"]]
    backwards = [row["id"] for row in last["results"]]
    while last["previous"]:
        last = as_viewer.get(last["previous"])
        backwards = [row["id"] for row in last["results"]] + backwards
    assert forwards == backwards == names
