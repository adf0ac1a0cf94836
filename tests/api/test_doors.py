"""The API as DRF's people expect it: root, spellings of lists, absolute links, OPTIONS, the timeline."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from ops.access.models import User
from ops.audit.models import AuditEntry
from runs.models import Run
from tests.api.conftest import Caller
from tests.factories import make_event, make_run, make_step
from tests.ops.jobs.test_job import job_of, work

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def three(db: None) -> list[Run]:
    event = make_event()
    return [make_run("f", status, event=event) for status in ("queued", "failed", "cancelled")]


def test_the_root_leads_to_every_list(as_viewer: Caller) -> None:
    root = as_viewer.get("/api/")
    assert root.keys() == {"runs", "events", "functions", "jobs", "audit", "health"}
    assert root["runs"] == "http://testserver/api/runs"


def test_pages_are_linked_by_absolute_addresses(as_viewer: Caller, three: list[Run]) -> None:
    page = as_viewer.get("/api/runs?limit=1")
    assert page["next"].startswith("http://testserver/api/runs?limit=1&cursor=")
    assert as_viewer.get(page["next"])["previous"].startswith("http://testserver/api/runs?")


@pytest.mark.parametrize(
    "query",
    [
        "status=failed&status=cancelled",
        "status[]=failed&status[]=cancelled",
        "status=failed,cancelled",
        "status=failed,canceled",
        "state=failed&state[]=canceled",
    ],
)
def test_a_list_of_values_may_be_spelled_as_the_specifications_do(
    as_viewer: Caller, three: list[Run], query: str
) -> None:
    found = {row["status"] for row in as_viewer.get(f"/api/runs?{query}")["results"]}
    assert found == {"failed", "cancelled"}


def test_a_comma_in_a_name_is_part_of_the_name(as_viewer: Caller) -> None:
    make_run("a,b")
    make_run("a")
    assert len(as_viewer.get("/api/runs?function_id=a,b")["results"]) == 1


@pytest.mark.parametrize("name", ["worker[]", "limit[]", "colour[]"])
def test_only_filters_that_repeat_have_the_spelling_of_a_list(as_viewer: Caller, name: str) -> None:
    assert as_viewer.get(f"/api/runs?{name}=x")["error"]["fields"].keys() == {name}


def test_a_job_takes_the_same_spellings(as_operator: Caller, three: list[Run]) -> None:
    body = {"filter": {"status": "failed,canceled"}, "dry_run": True}
    assert as_operator.post("/api/runs/bulk-replay", body)["matching"] == 2


def test_a_row_tells_how_long_it_waited_and_ran(as_viewer: Caller) -> None:
    at = timezone.now() - timedelta(hours=1)
    run = make_run(
        status="completed",
        created_at=at,
        started_at=at + timedelta(seconds=2),
        ended_at=at + timedelta(seconds=5.5),
    )
    queued = make_run()
    rows = {row["id"]: row for row in as_viewer.get("/api/runs")["results"]}
    assert (rows[run.pk]["waited"], rows[run.pk]["duration"]) == (2.0, 3.5)
    assert (rows[queued.pk]["waited"], rows[queued.pk]["duration"]) == (None, None)


def test_the_timeline_is_what_the_page_draws(as_viewer: Caller) -> None:
    at = timezone.now() - timedelta(hours=1)
    times: dict[str, Any] = {
        "created_at": at,
        "started_at": at + timedelta(seconds=2),
        "ended_at": at + timedelta(seconds=6),
    }
    run = make_run(status="failed", **times)
    make_step(run, "charge", started_at=at + timedelta(seconds=2), ended_at=at + timedelta(seconds=5))
    body = as_viewer.get(f"/api/runs/{run.pk}/timeline")
    told = [(one["kind"], one["label"], one["seconds"]) for one in body["stretches"]]
    assert told == [("run", "waiting", 2.0), ("run", "attempt 1", 4.0), ("step", "charge", 3.0)]
    assert body["seconds"] == 6.0


def test_options_describe_an_address(as_operator: Caller) -> None:
    body = as_operator.read(as_operator.client.options("/api/runs"))
    assert (as_operator.status, body["name"]) == (200, "Runs")


def test_every_answer_names_the_version(as_viewer: Caller, visitor: Caller, settings: Any) -> None:
    for caller in (as_viewer, visitor):
        caller.get("/api/runs")
        assert settings.VERSION.startswith(f"{caller.answer['API-Version']}.")


def html(caller: Caller, address: str) -> Any:
    return caller.client.get(address, headers={"Accept": "text/html"})


def test_a_page_shows_the_forms_of_what_the_caller_may_do_and_audits_nothing(
    as_operator: Caller, as_viewer: Caller
) -> None:
    run = make_run()
    before = AuditEntry.objects.count()
    for caller, may in ((as_operator, True), (as_viewer, False)):
        page = html(caller, f"/api/runs/{run.pk}").content.decode()
        assert (f'/api/runs/{run.pk}/cancel"' in page) is may
    assert b'id="post-form"' in html(as_operator, f"/api/runs/{run.pk}/cancel").content
    refused = html(as_viewer, f"/api/runs/{run.pk}/cancel")
    assert (refused.status_code, b'id="post-form"' in refused.content) == (403, False)
    assert AuditEntry.objects.count() == before


def test_a_form_of_a_page_is_a_body(as_operator: Caller) -> None:
    run, other = make_run(), make_run()
    as_operator.client.post(f"/api/runs/{run.pk}/cancel", urlencode({"reason": "by form"}), content_type=FORM)
    raw = json.dumps({"ids": [other.pk], "reason": "by raw data"})
    sent = {"_content": raw, "_content_type": "application/json"}
    as_operator.client.post("/api/runs/cancel", urlencode(sent), content_type=FORM)
    assert set(Run.objects.values_list("status", flat=True)) == {"cancelled"}
    assert set(AuditEntry.objects.values_list("reason", flat=True)) >= {"by form", "by raw data"}


def test_raw_data_that_is_no_json_names_the_body(as_operator: Caller) -> None:
    sent = urlencode({"_content": "{"})
    body = as_operator.read(as_operator.client.post("/api/runs/cancel", sent, content_type=FORM))
    assert body["error"]["fields"].keys() == {"body"}


def test_what_belongs_to_one_thing_is_never_told_of_another(operator: User, as_operator: Caller) -> None:
    runs = [make_run(name, "queued", event=make_event(name)) for name in ("sync-crm", "resize-images")]
    steps = [make_step(run) for run in runs]
    jobs = [work(job_of(operator, function_id=[run.function_id])) for run in runs]
    audits = [
        as_operator.post(f"/api/runs/{run.pk}/cancel", {"reason": "Wrong release"})["audit"] for run in runs
    ]
    for key, address in [
        (steps[0].pk, f"/api/runs/{runs[0].pk}/steps"),
        (runs[0].pk, f"/api/events/{runs[0].event_id}/runs"),
        (runs[0].pk, f"/api/jobs/{jobs[0].pk}/items"),
        (runs[0].pk, f"/api/audit/{audits[0]}/items"),
    ]:
        assert [row["id"] for row in as_operator.get(address)["results"]] == [key], address
