"""Verbs over the API: the operation decides, the door only words it."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client

from ops.access.models import User
from ops.engine import schema
from runs.models import Run
from tests.api.conftest import Caller, entries, make_token, signed_in, with_token
from tests.factories import make_event, make_run

pytestmark = pytest.mark.django_db

NOWHERE = "01a1fb34-41fb-7db1-ad18-32da10bfcb0a"
WHY = {"reason": "broken deploy"}


def status_of(run: Run) -> str:
    return str(Run.objects.get(pk=run.pk).status)


def test_one_run_is_cancelled(as_operator: Caller) -> None:
    run = make_run()
    body = as_operator.post(f"/api/runs/{run.pk}/cancel", WHY)
    entry = entries().get()
    assert as_operator.status == 200
    assert body == {"outcomes": [{"id": run.pk, "outcome": "done", "reason": ""}], "audit": entry.pk}
    assert status_of(run) == "cancelled"
    assert (entry.actor, entry.door, entry.reason) == ("olga", "api", "broken deploy")
    assert entry.address == "127.0.0.1"


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
def test_409_with_the_outcome_when_the_state_forbids_it(as_operator: Caller, status: str) -> None:
    run = make_run(status=status)
    body = as_operator.post(f"/api/runs/{run.pk}/cancel", WHY)
    assert as_operator.status == 409
    assert body["error"]["code"] == "conflict"
    assert body["outcomes"] == [{"id": run.pk, "outcome": "skipped", "reason": f"Already {status}."}]
    assert entries().get().pk == body["audit"]


@pytest.mark.parametrize("pk", [NOWHERE, "nope", "a b", "%C3%A9"])
def test_404_with_the_outcome_when_there_is_no_such_run(as_operator: Caller, pk: str) -> None:
    body = as_operator.post(f"/api/runs/{pk}/cancel", WHY)
    assert (as_operator.status, body["error"]["code"]) == (404, "not_found")
    assert body["outcomes"][0]["outcome"] == "skipped"


def test_a_list_answers_200_with_an_outcome_per_id_in_their_order(as_operator: Caller) -> None:
    event = make_event()
    queued, done = make_run(event=event), make_run(status="completed", event=event)
    body = as_operator.post("/api/runs/cancel", WHY | {"ids": [done.pk, "nope", queued.pk, done.pk]})
    assert as_operator.status == 200
    assert [(one["id"], one["outcome"]) for one in body["outcomes"]] == [
        (done.pk, "skipped"),
        ("nope", "skipped"),
        (queued.pk, "done"),
    ]


def test_a_thousand_ids_are_taken(as_operator: Caller) -> None:
    run = make_run()
    ids = [run.pk, *(f"{NOWHERE[:-4]}{number:04}" for number in range(999))]
    body = as_operator.post("/api/runs/cancel", WHY | {"ids": ids})
    assert as_operator.status == 200
    assert len(body["outcomes"]) == 1_000
    assert status_of(run) == "cancelled"


def test_a_running_run_says_what_a_worker_may_still_do(as_operator: Caller) -> None:
    run = make_run(status="running")
    [outcome] = as_operator.post(f"/api/runs/{run.pk}/cancel", WHY)["outcomes"]
    assert "worker" in outcome["reason"]


@pytest.mark.parametrize("address", ["/api/runs/{pk}/cancel", "/api/runs/cancel"])
def test_a_refused_attempt_is_audited_with_what_was_asked(as_viewer: Caller, address: str) -> None:
    run = make_run()
    as_viewer.post(address.format(pk=run.pk), WHY | ({} if "{pk}" in address else {"ids": [run.pk]}))
    assert as_viewer.status == 403
    assert status_of(run) == "queued"
    entry = entries().get()
    assert (entry.actor, entry.outcome, entry.reason) == ("vera", "refused", "broken deploy")
    assert [item.target for item in entry.items.all()] == [run.pk]


@pytest.mark.parametrize("body", ["{", "[]", '{"ids": 7, "reason": 7}', '{"ids": [7, "\\u0000", "\\ud800"]}'])
def test_a_refused_attempt_is_audited_whatever_its_body(as_stranger: Caller, body: str) -> None:
    as_stranger.post("/api/runs/cancel", body)
    assert as_stranger.status == 403
    assert entries().get().outcome == "refused"


def test_a_refused_form_is_audited_too(as_stranger: Caller) -> None:
    as_stranger.read(as_stranger.client.post("/api/runs/cancel", {"reason": "x"}))
    assert as_stranger.status == 403
    assert entries().get().outcome == "refused"


def test_a_visitor_leaves_no_audit_entry(visitor: Caller) -> None:
    visitor.post("/api/runs/cancel", WHY | {"ids": [NOWHERE]})
    assert visitor.status == 401
    assert not entries().exists()


def test_looking_at_a_verb_changes_and_audits_nothing(as_stranger: Caller, as_operator: Caller) -> None:
    run = make_run()
    for caller in (as_stranger, as_operator):
        for address in (f"/api/runs/{run.pk}/cancel", "/api/runs/cancel"):
            caller.client.get(address, headers={"Accept": "text/html"})
            caller.client.head(address)
    assert status_of(run) == "queued"
    assert not entries().exists()


def test_a_session_needs_the_csrf_token(operator: User) -> None:
    run = make_run()
    caller = signed_in(operator)
    caller.client.handler.enforce_csrf_checks = True
    body = caller.post(f"/api/runs/{run.pk}/cancel", WHY)
    assert (caller.status, status_of(run)) == (403, "queued")
    assert "CSRF" in body["error"]["message"]
    caller.client.get("/password")
    csrf = caller.client.cookies["csrftoken"].value
    caller.post(f"/api/runs/{run.pk}/cancel", WHY, headers={"X-CSRFToken": csrf})
    assert (caller.status, status_of(run)) == (200, "cancelled")


def test_a_token_needs_none(operator: User) -> None:
    run = make_run()
    client = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {make_token(operator)}"})
    caller = Caller(client)
    caller.post(f"/api/runs/{run.pk}/cancel", WHY)
    assert (caller.status, status_of(run)) == (200, "cancelled")


def test_a_token_may_what_its_owner_may_now(operator: User) -> None:
    run = make_run()
    caller = with_token(make_token(operator))
    operator.groups.clear()
    caller.post(f"/api/runs/{run.pk}/cancel", WHY)
    assert (caller.status, status_of(run)) == (403, "queued")
    assert entries().get().outcome == "refused"


@pytest.fixture
def newer_engine(db: None) -> Iterator[None]:
    """An engine whose migrations this console doesn't know."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE _sqlx_migrations SET version = 99")
    schema.recent.forget()
    yield
    schema.recent.forget()


def test_an_engine_that_is_not_known_is_read_but_not_changed(newer_engine: None, as_operator: Caller) -> None:
    run = make_run()
    body = as_operator.post(f"/api/runs/{run.pk}/cancel", WHY)
    assert (as_operator.status, body["error"]["code"]) == (409, "mismatch")
    assert "99" in body["error"]["message"]
    assert (status_of(run), entries().get().outcome) == ("queued", "refused")
    assert as_operator.get(f"/api/runs/{run.pk}")["status"] == "queued"
    health = as_operator.get("/api/health")
    assert health["ok"] is False
    assert "99" in health["faults"][0]
