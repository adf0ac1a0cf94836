"""Every error is `{"error": {"code", "message", "fields"}}` and names what to put right."""

import json
import logging
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError, connection

from ops.api.throttles import CallerThrottle, VisitorThrottle
from tests.api.conftest import Caller, entries
from tests.factories import make_run

pytestmark = pytest.mark.django_db

NOWHERE = "01a1fb34-41fb-7db1-ad18-32da10bfcb0a"


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("/api/runs?colour=red", "colour"),
        ("/api/runs?state=broken", "state"),
        ("/api/runs?status=held", "status"),
        ("/api/runs?created_from=soon", "created_from"),
        ("/api/runs?created_to=soon", "created_to"),
        ("/api/runs?has_error=perhaps", "has_error"),
        ("/api/runs?attempt=-1", "attempt"),
        ("/api/runs?worker=a&worker=b", "worker"),
        ("/api/runs?worker=%00", "worker"),
        ("/api/runs?function_id=%00", "function_id"),
        ("/api/runs?limit=0", "limit"),
        ("/api/runs?limit=501", "limit"),
        ("/api/runs?limit=ten", "limit"),
        ("/api/runs?limit=1.0", "limit"),
        ("/api/runs?limit=%D9%A3", "limit"),
        ("/api/runs?limit=1&limit=2", "limit"),
        ("/api/runs?order=sideways", "order"),
        ("/api/runs?cursor=nope", "cursor"),
        ("/api/runs?format=xml", "format"),
        (f"/api/runs/{NOWHERE}?x=1", "x"),
        ("/api/runs/stats?range=2h", "range"),
        ("/api/runs/stats?state=failed", "state"),
        ("/api/runs/stats?since=1h&range=1h", "range"),
        ("/api/health?x=1", "x"),
    ],
)
def test_400_names_the_parameter(as_viewer: Caller, address: str, field: str) -> None:
    body = as_viewer.get(address)
    assert (as_viewer.status, body["error"]["code"]) == (400, "invalid")
    assert body["error"]["fields"].keys() == {field}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("{", "body"),
        ("[]", "body"),
        ('"x"', "body"),
        ("null", "body"),
        (b"\xff", "body"),
        ('{"ids": NaN, "reason": "x"}', "body"),
        ({"ids": [NOWHERE]}, "reason"),
        ({"ids": [NOWHERE], "reason": ""}, "reason"),
        ({"ids": [NOWHERE], "reason": "   "}, "reason"),
        ({"ids": [NOWHERE], "reason": 7}, "reason"),
        ({"ids": [NOWHERE], "reason": None}, "reason"),
        ({"ids": [NOWHERE], "reason": "x" * 2_001}, "reason"),
        ({"ids": [NOWHERE], "reason": "a\x00b"}, "reason"),
        ('{"ids": ["x"], "reason": "\\ud800"}', "reason"),
        ({"reason": "x"}, "ids"),
        ({"reason": "x", "ids": []}, "ids"),
        ({"reason": "x", "ids": NOWHERE}, "ids"),
        ({"reason": "x", "ids": {}}, "ids"),
        ({"reason": "x", "ids": [7]}, "ids.0"),
        ({"reason": "x", "ids": [NOWHERE, ""]}, "ids.1"),
        ({"reason": "x", "ids": [None]}, "ids.0"),
        ({"reason": "x", "ids": ["x" * 256]}, "ids.0"),
        ({"reason": "x", "ids": ["\x00"]}, "ids.0"),
        ({"reason": "x", "ids": [str(number) for number in range(1_001)]}, "ids"),
        ({"reason": "x", "ids": [NOWHERE], "force": True}, "force"),
        ({"reason": "x", "ids": [NOWHERE], "filter": "state=failed"}, "filter"),
    ],
)
def test_400_names_the_part_of_the_body_and_nothing_is_done(
    as_operator: Caller, body: Any, field: str
) -> None:
    answer = as_operator.post("/api/runs/cancel", body)
    assert as_operator.status == 400
    assert answer["error"]["fields"].keys() == {field}
    assert not entries().exists()


def test_every_fault_of_a_body_is_told_at_once(as_operator: Caller) -> None:
    answer = as_operator.post("/api/runs/cancel", {"ids": [], "reason": "", "force": 1})
    assert answer["error"]["fields"].keys() == {"ids", "reason", "force"}


@pytest.mark.parametrize("address", ["/api/runs", "/api/nowhere", "/api/", f"/api/runs/{NOWHERE}/cancel"])
def test_401_asks_for_a_token(visitor: Caller, address: str) -> None:
    assert visitor.get(address)["error"]["code"] == "not_authenticated"
    assert visitor.status == 401
    assert visitor.answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "address",
    [
        "/api/nowhere",
        "/api/runs/",
        "/api/runs/nope",
        "/api/runs/%00",
        f"/api/runs/{NOWHERE}",
        f"/api/runs/{NOWHERE}/",
        f"/api/runs/{NOWHERE}/steps",
        f"/api/runs/{NOWHERE}/nothing",
        f"/api/events/{NOWHERE}/runs",
        "/api/events/nope/runs",
    ],
)
def test_404_for_what_is_not_there(as_viewer: Caller, address: str) -> None:
    assert as_viewer.get(address)["error"]["code"] == "not_found"
    assert as_viewer.status == 404


@pytest.mark.parametrize("method", ["put", "patch", "delete", "trace"])
def test_405_for_any_other_method(as_viewer: Caller, method: str) -> None:
    body = as_viewer.read(getattr(as_viewer.client, method)("/api/runs"))
    assert (as_viewer.status, body["error"]["code"]) == (405, "method_not_allowed")


def test_405_for_a_verb_by_get(as_operator: Caller) -> None:
    as_operator.get("/api/runs/cancel")
    assert as_operator.status == 405


def test_406_when_neither_json_nor_a_page_is_wanted(as_viewer: Caller) -> None:
    body = as_viewer.get("/api/runs", Accept="image/png")
    assert (as_viewer.status, body["error"]["code"]) == (406, "not_acceptable")


def test_415_for_a_form(as_operator: Caller) -> None:
    answer = as_operator.client.post("/api/runs/cancel", {"ids": NOWHERE, "reason": "x"})
    body = as_operator.read(answer)
    assert (as_operator.status, body["error"]["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("throttle", [CallerThrottle, VisitorThrottle])
def test_429_says_how_long_to_wait(
    throttle: Any, as_viewer: Caller, visitor: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "rate", "2/min", raising=False)
    caller, usual = (as_viewer, 200) if throttle is CallerThrottle else (visitor, 401)
    for _ in range(2):
        caller.get("/api/runs")
        assert caller.status == usual
    body = caller.get("/api/runs")
    assert (caller.status, body["error"]["code"]) == (429, "throttled")
    assert 0 < int(caller.answer["Retry-After"]) <= 61


def test_a_guesser_of_tokens_is_throttled_as_a_visitor(
    visitor: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(VisitorThrottle, "rate", "2/min", raising=False)
    seen = []
    for number in range(3):
        visitor.get("/api/runs", Authorization=f"Bearer choreo_{number:08}_x")
        seen.append(visitor.status)
    assert seen == [401, 401, 429]


def failing(error: Exception) -> Any:
    def fail(execute: Any, sql: str, *arguments: Any) -> Any:
        if "function_runs" in sql:
            raise error
        return execute(sql, *arguments)

    return connection.execute_wrapper(fail)


def test_503_when_the_database_goes_away(as_viewer: Caller) -> None:
    with failing(OperationalError("connection to server at 10.1.2.3 failed")):
        body = as_viewer.get("/api/runs")
    assert (as_viewer.status, body["error"]["code"]) == (503, "unreachable")
    assert as_viewer.answer["Retry-After"] == "5"
    assert "10.1.2.3" not in json.dumps(body)


def test_500_without_internals_but_with_a_line_in_the_log(
    as_viewer: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    with failing(RuntimeError("secret detail")), caplog.at_level(logging.ERROR, logger="console.api"):
        body = as_viewer.get("/api/runs")
    assert (as_viewer.status, body["error"]["code"]) == (500, "internal")
    assert "secret detail" not in json.dumps(body)
    assert "secret detail" in caplog.text


def test_a_fault_of_our_own_sql_is_no_trouble_of_the_database(as_viewer: Caller) -> None:
    with failing(DatabaseError("syntax error")):
        as_viewer.get("/api/runs")
    assert as_viewer.status == 500


def test_nothing_is_kept_by_browsers_and_proxies(as_viewer: Caller, visitor: Caller) -> None:
    run = make_run()
    for caller in (as_viewer, visitor):
        caller.get(f"/api/runs/{run.pk}")
        assert "no-store" in caller.answer["Cache-Control"]
