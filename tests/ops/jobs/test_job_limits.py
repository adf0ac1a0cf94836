"""How many items a job may have, how many jobs may work at once, and that a small one needn't wait."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from ops.access.models import User
from ops.jobs import lifecycle, worker
from ops.jobs.models import Job
from ops.platform.errors import StateConflict
from runs.models import Run
from tests.api.conftest import signed_in
from tests.ops.jobs.test_job import by, job_of, work
from tests.ops.jobs.test_job_corners import queued, running
from tests.people import enter

pytestmark = pytest.mark.django_db
FULL = "{} jobs are active: that is the limit. Wait for one, or stop one."


def test_a_job_of_more_items_than_are_allowed_fails_before_anything_is_done(
    operator: User, settings: Any
) -> None:
    settings.JOB_ITEMS_LIMIT = 2
    queued(3)
    job = work(job_of(operator, state=["queued"]))
    assert (job.state, job.explanation) == ("failed", "More than 2 match. Narrow the filter.")
    with pytest.raises(StateConflict, match="is failed; it can't be confirmed"):
        lifecycle.confirm(job.pk, actor=by(operator), reason="x", typed="3")
    assert Run.objects.filter(status="queued").count() == 3


def test_no_more_jobs_work_at_once_than_are_allowed(operator: User, settings: Any) -> None:
    queued(2)
    ready, stopped = work(job_of(operator, state=["queued"])), running(operator)
    lifecycle.stop(stopped.pk, actor=by(operator))
    settings.JOBS_LIMIT = 1
    running(operator, state=["failed"])
    attempts: list[Callable[[], Job]] = [
        lambda: job_of(operator, state=["queued"]),
        lambda: lifecycle.confirm(ready.pk, actor=by(operator), reason="x"),
        lambda: lifecycle.resume(stopped.pk, actor=by(operator)),
    ]
    for attempt in attempts:
        with pytest.raises(StateConflict, match=FULL.format(1)):
            attempt()
    assert sorted(Job.objects.values_list("state", flat=True)) == ["ready", "running", "stopped"]


def test_page_and_api_say_that_there_are_too_many(client: Client, operator: User, settings: Any) -> None:
    queued(1)
    job = work(job_of(operator, state=["queued"]))
    settings.JOBS_LIMIT = 0
    said = FULL.format(0)
    enter(client, operator)
    page = client.post(f"/ops/jobs/{job.pk}/confirm", {"reason": "x"}, follow=True)
    assert said in page.content.decode()
    caller = signed_in(operator)
    body = caller.post(f"/api/jobs/{job.pk}/confirm", {"reason": "x"})
    assert (caller.status, body["error"]["message"]) == (409, said)
    job.refresh_from_db()
    assert job.state == "ready"


def test_a_small_job_is_done_while_a_large_one_works(operator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(worker.LARGEST, "sqlite", 1)
    monkeypatch.setitem(worker.LARGEST, "postgresql", 1)
    queued(20, "large")
    queued(1, "small")
    large = running(operator, state=["queued"], function_id=["large"])
    small = running(operator, state=["queued"], function_id=["small"])
    line = [large.pk, small.pk]  # as the queue holds them: who has more to do gets in line again
    while small.pk in line:
        pk = line.pop(0)
        if worker.work(pk, seconds=0):
            line.append(pk)
    for job in (large, small):
        job.refresh_from_db()
    assert (small.state, large.state, large.pending > 0) == ("finished", "running", True)
