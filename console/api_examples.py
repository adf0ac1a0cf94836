"""Examples in the OpenAPI file: a request and an answer for each operation that is hard to guess."""

from typing import Any

RUN_ID = "0192a7c1-55e0-7b1a-9f3a-8b1e22d09f3a"
EVENT_ID = "0192a7c1-5501-7c33-8d42-1f0a6b7c9e21"
WHY = {"reason": "Broken deploy 4711"}
FAILED_TODAY = {"filter": {"state": ["failed"], "created_from": "24h"}} | WHY

RUN_ROW: dict[str, Any] = {
    "id": RUN_ID,
    "function_id": "charge-card",
    "event_id": EVENT_ID,
    "event_name": "order.placed",
    "status": "failed",
    "state": "failed",
    "attempt": 3,
    "max_attempts": 3,
    "created_at": "2024-10-20T08:15:30.440+00:00",
    "started_at": "2024-10-20T08:15:31.440+00:00",
    "ended_at": "2024-10-20T08:15:33.440+00:00",
    "locked_by": None,
    "locked_until": None,
    "run_after": None,
    "waited": 1.0,
    "duration": 2.0,
    "links": {
        "self": f"/api/runs/{RUN_ID}",
        "steps": f"/api/runs/{RUN_ID}/steps",
        "event": f"/api/events/{EVENT_ID}",
        "function": "/api/functions/charge-card",
        "page": f"/runs/{RUN_ID}",
    },
}
ERROR = "CardDeclined: insufficient funds"
PAYLOADS: dict[str, Any] = {"redacted": [], "unreadable": []}
ORDER = {"order": "A-1001", "total": 42.5}
REST: dict[str, Any] = {
    "input": ORDER,
    "output": None,
    "error": ERROR,
    "concurrency_key": None,
    "replay_of": None,
    "replays": [],
}
EVENT_ROW = {
    "id": EVENT_ID,
    "name": "order.placed",
    "timestamp": "2024-10-20T08:15:30.240+00:00",
    "idempotency_key": "order-A-1001",
    "user_id": "ann",
    "created_at": "2024-10-20T08:15:30.240+00:00",
    "links": {
        "self": f"/api/events/{EVENT_ID}",
        "runs": f"/api/events/{EVENT_ID}/runs",
        "page": f"/events/{EVENT_ID}",
    },
}
DONE = {"outcomes": [{"id": RUN_ID, "outcome": "done", "reason": ""}], "audit": 812}


def one_page(row: dict[str, Any]) -> dict[str, Any]:
    """A list of one row."""
    return {"results": [row], "next": None, "previous": None}


REQUESTS: dict[str, dict[str, Any]] = {
    "runs_cancel": WHY,
    "runs_cancel_many": {"ids": [RUN_ID]} | WHY,
    "runs_bulk_cancel": {"filter": {"state": ["queued"], "function_id": ["charge-card"]}} | WHY,
    "runs_replay": {"mode": "failed-step"} | WHY,
    "runs_replay_many": {"ids": [RUN_ID], "mode": "failed-step"} | WHY,
    "runs_bulk_replay": {"mode": "failed-step"} | FAILED_TODAY,
    "jobs_confirm": {"number": 1, "duty": 20} | WHY,
    "jobs_discard": WHY,
    "jobs_pace": {"duty": 80},
    "jobs_stop": WHY,
}
ANSWERS: dict[str, dict[str, Any]] = {
    "runs_list": one_page(RUN_ROW | {"error_headline": ERROR, "error_head": ERROR}),
    "runs_retrieve": RUN_ROW | PAYLOADS | REST,
    "runs_cancel": DONE,
    "runs_cancel_many": DONE,
    "events_list": one_page(EVENT_ROW),
    "events_retrieve": EVENT_ROW | PAYLOADS | {"data": ORDER},
    "events_runs_list": one_page(RUN_ROW | {"error_headline": ERROR, "error_head": ERROR}),
}


def add_examples(result: dict[str, Any], **about: Any) -> dict[str, Any]:
    """Put the examples into the file; a hook of drf-spectacular's."""
    for operation in (one for methods in result["paths"].values() for one in methods.values()):
        name = operation["operationId"]
        if name in REQUESTS:
            operation["requestBody"]["content"]["application/json"]["example"] = REQUESTS[name]
        if name in ANSWERS:
            operation["responses"]["200"]["content"]["application/json"]["example"] = ANSWERS[name]
    return result
