"""Jobs, replays and Idempotency-Key over the API."""

from typing import Any

import pytest
from django.db import connection

from ops.access.models import User
from ops.engine import schema
from ops.jobs import worker
from ops.jobs.models import Job
from runs.models import Replay, Run
from tests.api.conftest import Caller, entries, signed_in
from tests.factories import make_event, make_run

pytestmark = pytest.mark.django_db
WHY = {"reason": "broken deploy"}


@pytest.fixture
def queued() -> list[Run]:
    event = make_event()
    return [make_run(event=event) for _ in range(3)]


def collected(job: dict[str, Any]) -> dict[str, Any]:
    worker.work(job["id"], seconds=5)
    return job


def test_a_bulk_call_answers_202_with_a_job_that_has_changed_nothing(
    as_operator: Caller, queued: list[Run]
) -> None:
    job = as_operator.post("/api/runs/bulk-cancel", {"filter": {"state": ["queued"]}})
    assert (as_operator.status, job["state"], job["verb"]) == (202, "collecting", "runs.cancel")
    assert as_operator.answer["Location"] == job["address"] == f"/api/jobs/{job['id']}"
    collected(job)
    assert as_operator.get(job["address"])["state"] == "ready"
    assert as_operator.get(job["address"])["total"] == 3
    assert not Run.objects.filter(status="cancelled").exists()


def test_a_job_is_confirmed_watched_and_its_items_are_listed(as_operator: Caller, queued: list[Run]) -> None:
    job = collected(as_operator.post("/api/runs/bulk-cancel", {"ids": [queued[0].pk, "nope"]}))
    started = as_operator.post(f"{job['address']}/confirm", WHY)
    assert (as_operator.status, started["state"]) == (200, "running")
    worker.work(job["id"], seconds=5)
    done = as_operator.get(job["address"])
    assert (done["state"], done["counts"]) == (
        "finished",
        {"done": 1, "skipped": 1, "failed": 0, "pending": 0},
    )
    items = as_operator.walk(f"{job['address']}/items?limit=1")
    assert [(item["id"], item["outcome"]) for item in items] == [(queued[0].pk, "done"), ("nope", "skipped")]
    assert len(as_operator.walk(f"{job['address']}/items?outcome=skipped")) == 1
    as_operator.post(f"{job['address']}/confirm", WHY)
    assert as_operator.status == 409


def test_a_dry_run_only_counts(as_operator: Caller, queued: list[Run]) -> None:
    body = as_operator.post("/api/runs/bulk-cancel", {"filter": {"state": "queued"}, "dry_run": True})
    assert (as_operator.status, body) == (200, {"matching": 3, "capped": False})
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "ids"),
        ({"ids": ["x"], "filter": {"state": "queued"}}, "ids"),
        ({"filter": {}}, "filter"),
        ({"filter": {"state": "borken"}}, "state"),
        ({"filter": {"nonsense": 1}}, "nonsense"),
        ({"filter": {"state": "queued"}, "speed": 9}, "speed"),
    ],
)
def test_a_bulk_call_that_cannot_be_used_names_the_field(
    as_operator: Caller, queued: list[Run], body: dict[str, Any], field: str
) -> None:
    told = as_operator.post("/api/runs/bulk-cancel", body)
    assert as_operator.status == 400
    assert field in told["error"]["fields"]
    assert not Job.objects.exists()


def test_an_empty_filter_has_to_be_said(as_operator: Caller, queued: list[Run]) -> None:
    as_operator.post("/api/runs/bulk-cancel", {"all": True})
    assert as_operator.status == 202


def test_a_viewer_makes_no_job_and_the_attempt_is_audited(as_viewer: Caller, queued: list[Run]) -> None:
    as_viewer.post("/api/runs/bulk-cancel", {"filter": {"state": "queued"}})
    assert as_viewer.status == 403
    assert entries().get().outcome == "refused"


@pytest.mark.parametrize("deed", ["stop", "resume", "retry-failed", "undo", "pace", "discard"])
def test_a_deed_on_a_job_that_is_not_there_is_404(as_operator: Caller, deed: str) -> None:
    as_operator.post(f"/api/jobs/77/{deed}", {})
    assert as_operator.status == 404


def test_stop_resume_and_pace(as_operator: Caller, queued: list[Run]) -> None:
    job = collected(as_operator.post("/api/runs/bulk-cancel", {"filter": {"state": "queued"}}))
    assert as_operator.post(f"{job['address']}/stop", WHY)["state"] == "stopped"
    assert as_operator.post(f"{job['address']}/resume", {})["state"] == "ready"
    assert as_operator.post(f"{job['address']}/pace", {"duty": 100})["duty"] == 100
    assert "duty" in as_operator.post(f"{job['address']}/pace", {"duty": 0})["error"]["fields"]


def test_a_replay_names_the_new_run(as_operator: Caller) -> None:
    old = make_run(status="failed")
    [outcome] = as_operator.post(f"/api/runs/{old.pk}/replay", WHY | {"mode": "failed-step"})["outcomes"]
    assert Replay.objects.get(pk=outcome["result"]).origin == old.pk
    new = as_operator.get(f"/api/runs/{outcome['result']}")
    origin = {"origin": old.pk, "root": old.pk, "generation": 1, "mode": "failed-step", "edited": False}
    assert (new["replay_of"], new["replays"]) == (origin, [])
    told = as_operator.get(f"/api/runs/{old.pk}")
    assert (told["replay_of"], told["replays"]) == (None, [new["id"]])


def test_the_same_key_and_body_are_done_once_and_answered_the_same(as_operator: Caller) -> None:
    old = make_run(status="failed")
    headers = {"Idempotency-Key": "a-1"}
    first = as_operator.post(f"/api/runs/{old.pk}/replay", WHY, headers=headers)
    again = as_operator.post(f"/api/runs/{old.pk}/replay", WHY, headers=headers)
    assert first == again
    assert Replay.objects.count() == 1


def test_another_body_under_the_same_key_is_409(as_operator: Caller) -> None:
    old = make_run(status="failed")
    headers = {"Idempotency-Key": "a-1"}
    as_operator.post(f"/api/runs/{old.pk}/replay", WHY, headers=headers)
    as_operator.post(f"/api/runs/{old.pk}/replay", {"reason": "other"}, headers=headers)
    assert as_operator.status == 409
    assert Replay.objects.count() == 1


def test_keys_of_two_people_have_nothing_to_do_with_each_other(as_operator: Caller, admin: User) -> None:
    old = make_run(status="failed")
    for caller in (as_operator, signed_in(admin)):
        caller.post(f"/api/runs/{old.pk}/replay", WHY, headers={"Idempotency-Key": "same"})
        assert caller.status == 200
    assert Replay.objects.count() == 2


def test_a_refused_request_keeps_its_answer_and_its_audit_entry(as_operator: Caller) -> None:
    done = make_run(status="completed")
    for _ in range(2):
        as_operator.post(f"/api/runs/{done.pk}/cancel", WHY, headers={"Idempotency-Key": "k"})
        assert as_operator.status == 409
    assert entries().count() == 1


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_that_cannot_be_used_is_400(as_operator: Caller, key: str) -> None:
    old = make_run()
    told = as_operator.post(f"/api/runs/{old.pk}/cancel", WHY, headers={"Idempotency-Key": key})
    assert "Idempotency-Key" in told["error"]["fields"]
    assert Run.objects.get(pk=old.pk).status == "queued"


def test_the_preview_tells_what_confirming_would_do(as_viewer: Caller, as_operator: Caller) -> None:
    event = make_event()
    for status in ("queued", "completed"):
        make_run(status=status, event=event)
    job = as_operator.post("/api/runs/bulk-cancel", {"all": True})
    as_viewer.get(f"{job['address']}/preview")
    assert as_viewer.status == 409
    collected(job)
    body = as_viewer.get(f"{job['address']}/preview")
    assert sorted((one["outcome"], one["remark"], one["count"]) for one in body["expected"]) == [
        ("done", "", 1),
        ("skipped", "Already completed.", 1),
    ]
    assert (body["total"], body["groups"]) == (2, [{"name": "charge-card", "count": 2}])
    assert body["final"].startswith("Cancelled runs stop for good.")
    assert (body["changed"], Run.objects.filter(status="cancelled").count()) == ([], 0)


def test_how_the_items_ended_is_counted_by_outcome_and_remark(as_operator: Caller) -> None:
    event = make_event()
    for status in ("queued", "completed", "completed"):
        make_run(status=status, event=event)
    job = collected(as_operator.post("/api/runs/bulk-cancel", {"all": True}))
    assert as_operator.get(f"{job['address']}/endings") == {"results": [], "made": None}
    as_operator.post(f"{job['address']}/confirm", WHY)
    worker.work(job["id"], seconds=5)
    assert as_operator.get(f"{job['address']}/endings")["results"] == [
        {"outcome": "skipped", "remark": "Already completed.", "count": 2},
        {"outcome": "done", "remark": "", "count": 1},
    ]


def test_a_failure_with_a_key_stays_in_the_audit_log_and_may_be_tried_again(as_operator: Caller) -> None:
    run, headers = make_run(), {"Idempotency-Key": "once more"}
    cancel = f"/api/runs/{run.pk}/cancel"
    schema.require_writable()  # passed before the table changes, as in a deployment of the engine
    rename("ended_at", "was_ended_at")
    as_operator.post(cancel, WHY, headers=headers)
    assert as_operator.status == 503
    assert [(entry.outcome, entry.actor) for entry in entries()] == [("failed", "olga")]
    rename("was_ended_at", "ended_at")
    as_operator.post(cancel, WHY, headers=headers)
    assert as_operator.status == 200
    assert [entry.outcome for entry in entries().order_by("id")] == ["failed", "performed"]


def rename(column: str, name: str) -> None:
    """As a migration of the engine would."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE function_runs RENAME COLUMN {column} TO {name}")
