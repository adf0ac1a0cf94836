"""Requests that no browser sends: a clear refusal that names what to send instead, never a 500."""

import json
from typing import Any

import pytest
from django.test import Client

from ops.access.actors import Actor
from ops.access.models import User
from ops.audit.models import AuditEntry
from ops.jobs import submit
from ops.jobs.models import Job
from tests.factories import make_event, make_function, make_run
from tests.people import enter

pytestmark = pytest.mark.django_db

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b"
UNREADABLE = ["http://[", "//[x", "http://\u2100/", "http://h:99999999/runs", "/runs?" + "a&" * 6_000]
POSTS = [
    ("/login", FORM),
    ("/ops/operate/runs.cancel", FORM),
    ("/api/runs/cancel", JSON),
    ("/api/jobs/1/stop", JSON),
]


@pytest.fixture
def client(operator: User) -> Client:
    return enter(Client(raise_request_exception=False), operator)


@pytest.fixture
def job(operator: User, django_capture_on_commit_callbacks: Any) -> Job:
    """A job that waits for its confirmation."""
    with django_capture_on_commit_callbacks(execute=True):
        return submit.given("runs.cancel", [make_run().pk], actor=Actor(user=operator, door="page"))


@pytest.mark.parametrize("told", UNREADABLE)
def test_a_current_address_that_cannot_be_read_leads_a_visitor_to_sign_in(told: str) -> None:
    client = Client(raise_request_exception=False)
    response = client.get("/runs", headers={"HX-Request": "true", "HX-Current-URL": told})
    assert response.status_code == 401
    assert response.headers["HX-Redirect"].startswith("/login?next=")


@pytest.mark.parametrize("told", UNREADABLE)
def test_a_referer_that_cannot_be_read_is_no_way_back(client: Client, told: str) -> None:
    event = make_event()
    for address in (f"/runs/{make_run(event=event).pk}", f"/events/{event.pk}"):
        assert client.get(address, headers={"Referer": told}).status_code == 200


@pytest.mark.parametrize("charset", ["utf-16", "latin-1", "zlib", "undefined", "nothing"])
@pytest.mark.parametrize("kind", [FORM, MULTIPART, JSON])
def test_415_for_a_body_that_is_not_in_utf8(client: Client, kind: str, charset: str) -> None:
    address = "/api/runs/cancel" if kind == JSON else "/ops/operate/runs.cancel"
    response = client.generic("POST", address, b"a=b", content_type=f"{kind}; charset={charset}")
    assert response.status_code == 415
    assert "Send UTF-8." in response.content.decode()


@pytest.mark.parametrize(("address", "kind"), POSTS)
@pytest.mark.parametrize("key", ["", "once"])
def test_413_for_a_body_beyond_the_limit(client: Client, address: str, kind: str, key: str) -> None:
    body = b'{"reason": "' + b"x" * 3_000_000 + b'"}'
    headers = {"Idempotency-Key": key} if key else {}
    response = client.generic("POST", address, body, content_type=kind, headers=headers)
    assert response.status_code == 413
    assert "at most 2,621,440" in response.content.decode()


@pytest.mark.parametrize(("address", "kind"), POSTS)
def test_411_for_a_body_in_chunks_which_would_be_read_as_none(
    client: Client, address: str, kind: str
) -> None:
    headers = {"Transfer-Encoding": "chunked"}
    response = client.generic("POST", address, b"", content_type=kind, headers=headers)
    assert response.status_code == 411
    assert "Content-Length" in response.content.decode()


def test_more_fields_than_django_reads_are_told_in_the_form_of_the_caller(client: Client) -> None:
    many = "&".join(["a=b"] * 6_000)
    page = client.get(f"/runs?{many}")
    assert (page.status_code, "At most 5,000 fields" in page.content.decode()) == (400, True)
    told = client.get(f"/api/runs?{many}")
    assert (told.status_code, told.json()["error"]["code"]) == (400, "invalid")


@pytest.mark.parametrize(
    "address",
    [
        "/runs",
        "/events",
        "/functions",
        "/functions/f",
        "/audit",
        "/overview",
        "/ops/jobs",
        "/ops/cancellations",
    ],
)
def test_a_parameter_that_is_called_as_pythons_own_methods_is_just_unknown(
    client: Client, address: str
) -> None:
    make_function("f")
    assert client.get(f"{address}?items=1&keys=2&get=3").status_code == 400


@pytest.mark.parametrize("page", ["delete", "change", "history"])
def test_an_empty_field_name_in_an_address_of_the_admin_names_no_field(admin: User, page: str) -> None:
    client = enter(Client(raise_request_exception=False), admin)
    run = make_run()
    rows = {
        "runs/run": run.pk,
        "events/event": run.event_id,
        "ops/user": admin.pk,
        "functions/function": "f",
    }
    for path, key in rows.items():
        for method in ("GET", "POST"):
            address = f"/admin/{path}/{key}/{page}/?_to_field="
            assert client.generic(method, address).status_code < 500, (method, address)


@pytest.mark.parametrize("address", ["/tokens/a", "/runs/a", "/functions/a", "/api/runs/a", "/admin/r/1/a"])
def test_404_for_a_nul_in_any_address(client: Client, address: str) -> None:
    for method in ("GET", "POST"):
        assert client.generic(method, f"{address}%00b").status_code == 404


@pytest.mark.parametrize(
    ("method", "address"), [("GET", "/ops/jobs/1/confirm"), ("GET", "/audit/export"), ("POST", "/healthz")]
)
def test_405_says_which_method_the_address_takes(client: Client, method: str, address: str) -> None:
    response = client.generic(method, address)
    allowed = response.headers["Allow"]
    assert response.status_code == 405
    assert f"This address takes {allowed}, not {method}." in response.content.decode()


def test_a_host_that_is_not_ours_is_told_in_the_form_of_the_caller(client: Client) -> None:
    assert "CONSOLE_ALLOWED_HOSTS" in client.get("/runs", headers={"Host": "x.example"}).content.decode()
    told = client.get("/api/runs", headers={"Host": "x.example"})
    assert (told.status_code, told.json()["error"]["code"]) == (400, "invalid")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("[" * 100_000, "body"),
        ('{"ids": ["x"], "reason": ' + "[" * 100_000, "body"),
        ('{"ids": ["x"], "reason": "x", "force": 1e999}', "body"),
        ('{"\\ud800": 1}', "body"),
        ('{"ids": ["\\ud800"], "reason": "x"}', "ids.0"),
        ('{"ids": ["x"], "reason": {"a": [{"\\udfff": 1}]}}', "reason.a.0"),
    ],
)
@pytest.mark.parametrize("key", ["", "once"])
def test_json_that_nothing_can_hold_is_named(client: Client, body: str, field: str, key: str) -> None:
    headers = {"Idempotency-Key": key} if key else {}
    response = client.post("/api/runs/cancel", body, content_type=JSON, headers=headers)
    assert response.status_code == 400
    assert response.json()["error"]["fields"].keys() == {field}


@pytest.mark.parametrize("part", ['{"worker": "\\ud800"}', '{"\\ud800": "x"}', '{"state": ["\\udc00"]}'])
def test_half_a_surrogate_pair_in_a_filter_is_named(client: Client, part: str) -> None:
    body = f'{{"filter": {part}, "dry_run": true}}'
    response = client.post("/api/runs/bulk-cancel", body, content_type=JSON)
    assert response.status_code == 400
    [field] = response.json()["error"]["fields"]
    assert field.startswith("filter")


def test_a_whole_surrogate_pair_is_a_character(client: Client) -> None:
    body = '{"filter": {"worker": "\\ud83d\\ude00"}, "dry_run": true}'
    assert client.post("/api/runs/bulk-cancel", body, content_type=JSON).json()["matching"] == 0


@pytest.mark.parametrize("deed", ["stop", "resume", "retry-failed", "undo"])
@pytest.mark.parametrize("body", ['""', "[]", "0", "null", "false"])
def test_a_body_that_is_no_object_is_refused_where_every_field_is_optional(
    client: Client, job: Job, deed: str, body: str
) -> None:
    response = client.post(f"/api/jobs/{job.pk}/{deed}", body, content_type=JSON)
    assert response.status_code == 400
    assert response.json()["error"]["fields"] == {"body": "Give a JSON object."}
    job.refresh_from_db()
    assert job.state == "ready"


@pytest.mark.parametrize("body", ["", "{}"])
def test_where_every_field_is_optional_the_body_is_too(client: Client, job: Job, body: str) -> None:
    assert client.post(f"/api/jobs/{job.pk}/stop", body, content_type=JSON).status_code == 200


def test_a_reason_that_cannot_be_stored_is_named_by_the_confirmation(client: Client, job: Job) -> None:
    response = client.post(f"/ops/jobs/{job.pk}/confirm", {"reason": "a\x00b"})
    assert response.status_code == 400
    assert "It holds a character that can&#x27;t be stored." in response.content.decode()
    job.refresh_from_db()
    assert job.state == "ready"


def test_a_job_whose_verb_is_gone_is_shown_and_says_so(client: Client, job: Job) -> None:
    Job.objects.update(verb="runs.forgotten")
    response = client.get(f"/ops/jobs/{job.pk}")
    assert response.status_code == 200
    assert "runs.forgotten" in response.content.decode()
    assert client.get("/ops/jobs").status_code == 200
    for deed in ("confirm", "stop", "resume", "pace", "retry-failed", "undo"):
        refused = client.post(f"/ops/jobs/{job.pk}/{deed}", {"reason": "x", "settings": "1", "pace": "calm"})
        assert refused.status_code == 409
        assert "No operation “runs.forgotten”" in refused.content.decode()
        told = client.post(f"/api/jobs/{job.pk}/{deed}", json.dumps({}), content_type=JSON)
        assert told.status_code == 400
    assert not AuditEntry.objects.filter(verb__in=("jobs.stop", "jobs.confirm")).exists()
