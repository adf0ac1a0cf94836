"""The examples in the OpenAPI file are true: each fits its schema, and each request does something."""

from collections.abc import Iterator
from typing import Any

import pytest

from console.api_examples import ANSWERS, EVENT_ID, REQUESTS, RUN_ID
from ops.access.models import User
from ops.jobs import worker
from ops.jobs.models import Job
from tests.api.conftest import Caller, signed_in
from tests.api.test_openapi import faults
from tests.factories import make_event, make_run

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def caller(admin: User) -> Caller:
    return signed_in(admin)


@pytest.fixture
def file(caller: Caller) -> dict[str, Any]:
    found: dict[str, Any] = caller.client.get("/api/schema/?format=json").json()
    return found


def operations(file: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in file["paths"].items():
        for operation in methods.values():
            yield path, operation


def test_every_operation_with_a_body_has_an_example_of_it(file: dict[str, Any]) -> None:
    bodies = [one for _, one in operations(file) if JSON in one.get("requestBody", {}).get("content", {})]
    assert {one["operationId"] for one in bodies} == set(REQUESTS)
    assert set(ANSWERS) <= {one["operationId"] for _, one in operations(file)}


def test_every_example_is_what_the_file_says_of_it(file: dict[str, Any]) -> None:
    told = 0
    for _, operation in operations(file):
        for part in (operation.get("requestBody"), *operation["responses"].values()):
            about = (part or {}).get("content", {}).get(JSON, {})
            if "example" in about:
                assert faults(about["example"], about["schema"], file) == [], operation["operationId"]
                told += 1
    assert told == len(REQUESTS) + len(ANSWERS)


@pytest.mark.parametrize("name", [name for name in REQUESTS if name.startswith("runs_")])
def test_every_request_to_runs_does_something(caller: Caller, file: dict[str, Any], name: str) -> None:
    status = "failed" if "replay" in name else "queued"
    make_run(status=status, id=RUN_ID, event=make_event(id=EVENT_ID))
    body = caller.post(address(file, name, RUN_ID), REQUESTS[name])
    if "bulk" in name:
        worker.work(body["id"], seconds=5)
        assert (caller.status, Job.objects.get(pk=body["id"]).total) == (202, 1)
    else:
        assert (caller.status, body["outcomes"][0]["outcome"]) == (200, "done")


@pytest.mark.parametrize("name", [name for name in REQUESTS if name.startswith("jobs_")])
def test_every_request_to_a_job_does_something(caller: Caller, file: dict[str, Any], name: str) -> None:
    run = make_run()
    job = caller.post("/api/runs/bulk-cancel", {"ids": [run.pk]})["id"]
    worker.work(job, seconds=5)
    if name == "jobs_stop":
        caller.post(f"/api/jobs/{job}/confirm", REQUESTS["jobs_confirm"])
    body = caller.post(address(file, name, str(job)), REQUESTS[name])
    states = {"jobs_confirm": "running", "jobs_discard": "discarded", "jobs_pace": "ready"}
    assert (caller.status, body["state"] in {states.get(name, "stopped"), "stopping"}) == (200, True), body
    assert body["duty"] == REQUESTS[name].get("duty", body["duty"])


@pytest.mark.parametrize("name", ["runs_list", "runs_retrieve", "events_list", "events_retrieve"])
def test_an_answer_has_the_keys_of_a_real_one(caller: Caller, file: dict[str, Any], name: str) -> None:
    make_run(id=RUN_ID, event=make_event(id=EVENT_ID))
    body = caller.get(address(file, name, RUN_ID if name.startswith("runs") else EVENT_ID))
    example = ANSWERS[name]
    assert body.keys() == example.keys()
    for real, told in zip(body.get("results", ()), example.get("results", ()), strict=True):
        assert real.keys() == told.keys()


def address(file: dict[str, Any], name: str, pk: str) -> str:
    [path] = [path for path, operation in operations(file) if operation["operationId"] == name]
    return path.replace("{id}", pk)
