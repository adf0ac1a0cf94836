"""The pages of jobs."""

from typing import Any

import pytest
from django.test import Client

from ops.access.models import User
from ops.audit.models import AuditEntry
from ops.jobs import lifecycle, worker
from ops.jobs.models import Job, JobItem
from runs.models import Run
from tests.factories import make_event, make_run
from tests.ops.jobs.test_job import by, job_of, start, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def olga(client: Client, operator: User) -> Client:
    """The operator's browser."""
    client.force_login(operator)
    return client


def queued(count: int) -> None:
    event = make_event()
    for _ in range(count):
        make_run(event=event)


def created(client: Client, capture: Any, **fields: str) -> Job:
    with capture(execute=True):
        answer = client.post("/ops/jobs/create", {"verb": "runs.cancel", **fields})
    assert answer.status_code == 303, answer.content.decode()
    return Job.objects.get(pk=answer["Location"].rsplit("/", 1)[1])


def test_all_that_match_become_a_job_that_waits_for_a_person(
    olga: Client, django_capture_on_commit_callbacks: Any
) -> None:
    queued(3)
    job = created(olga, django_capture_on_commit_callbacks, filter="state=queued")
    body = olga.get(job.get_absolute_url()).content.decode()
    assert (job.state, job.total, job.source) == ("ready", 3, job.source)
    assert "state: queued" in body
    assert "<b>3</b> will be cancelled" in body
    assert "Cancel 3" in body
    assert not Run.objects.filter(status="cancelled").exists()


def test_a_confirmed_job_starts_and_shows_what_became_of_each(olga: Client, operator: User) -> None:
    queued(2)
    job = work(job_of(operator, state=["queued"]))
    answer = olga.post(f"{job.get_absolute_url()}/confirm", {"reason": "wrong release"})
    assert answer.status_code == 303
    work(job)
    body = olga.get(job.get_absolute_url()).content.decode()
    assert 'data-state="finished"' in body
    assert body.count('data-state="done"') >= 3
    assert "wrong release" in body


def test_what_is_missing_is_shown_at_its_field(olga: Client, operator: User) -> None:
    queued(101)
    job = work(job_of(operator, state=["queued"]))
    answer = olga.post(f"{job.get_absolute_url()}/confirm", {"reason": "", "number": "100"})
    assert answer.status_code == 400
    assert "Say why" in answer.content.decode()
    assert "Type 101" in answer.content.decode()
    assert Job.objects.get(pk=job.pk).state == "ready"


def test_a_second_confirmation_says_who_was_first(olga: Client, operator: User, admin: User) -> None:
    queued(1)
    job = work(job_of(operator, state=["queued"]))
    lifecycle.confirm(job.pk, actor=by(admin), reason="x")
    answer = olga.post(f"{job.get_absolute_url()}/confirm", {"reason": "y"})
    assert answer.status_code == 409
    assert "running by adam" in answer.content.decode()


def test_stop_resume_and_undo(olga: Client, operator: User) -> None:
    queued(1)
    job = work(job_of(operator, state=["queued"]))
    here = job.get_absolute_url()
    assert olga.post(f"{here}/stop").status_code == 303
    assert olga.post(f"{here}/stop").status_code == 409
    assert olga.post(f"{here}/resume").status_code == 303
    assert Job.objects.get(pk=job.pk).state == "ready"
    start(job, operator)
    undo = olga.post(f"{here}/undo")
    assert undo.status_code == 303
    assert Job.objects.get(pk=undo["Location"].rsplit("/", 1)[1]).verb == "runs.replay"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"filter": ""}, "all=true"),
        ({"filter": "state=borken"}, "state"),
        ({"filter": "select_across=1"}, "select_across"),
        ({"verb": "runs.explode", "filter": "state=queued"}, "No operation"),
    ],
)
def test_a_job_that_cannot_be_made_is_refused_and_says_why(
    olga: Client, fields: dict[str, str], says: str
) -> None:
    answer = olga.post("/ops/jobs/create", {"verb": "runs.cancel"} | fields)
    assert answer.status_code == 409
    assert says in answer.content.decode()
    assert not Job.objects.exists()


@pytest.mark.parametrize("deed", ["confirm", "stop", "resume", "retry-failed", "undo", "pace"])
def test_a_viewer_looks_on_and_a_refused_deed_is_audited(
    client: Client, viewer: User, operator: User, deed: str
) -> None:
    job = work(job_of(operator, state=["queued"]))
    client.force_login(viewer)
    assert client.get(job.get_absolute_url()).status_code == 200
    answer = client.post(f"{job.get_absolute_url()}/{deed}", {"reason": "x", "pace": "full"})
    assert answer.status_code in {403, 409}
    assert Job.objects.get(pk=job.pk).state == "ready"
    if answer.status_code == 403:
        assert AuditEntry.objects.filter(actor="vera", outcome="refused").exists()


def test_a_viewer_sees_what_a_job_would_do_and_who_may_start_it(
    client: Client, viewer: User, operator: User
) -> None:
    queued(2)
    job = work(job_of(operator, state=["queued"]))
    client.force_login(viewer)
    page = client.get(job.get_absolute_url()).content.decode()
    assert "<b>2</b> will be cancelled" in page
    assert "Confirming it needs the role Operator." in page
    assert 'id="confirm"' not in page


def test_a_finished_job_says_how_many_ended_how(olga: Client, operator: User) -> None:
    queued(3)
    job = work(job_of(operator, state=["queued"]))
    first_two = list(JobItem.objects.filter(position__lte=2).values_list("target", flat=True))
    Run.objects.filter(pk__in=first_two).update(status="completed")
    work(start(job, operator))
    page = olga.get(job.get_absolute_url()).content.decode()
    assert "<b>2</b> skipped: Already completed." in page


def test_a_stopped_job_says_what_changed_since_its_list_was_frozen(olga: Client, operator: User) -> None:
    queued(2)
    job = work(job_of(operator, state=["queued"]))
    lifecycle.stop(job.pk, actor=by(operator))
    Run.objects.update(status="completed")
    page = olga.get(job.get_absolute_url()).content.decode()
    assert "Since the list was frozen: 2 of 2 have ended." in page


def test_items_are_filtered_found_and_exported(olga: Client, operator: User) -> None:
    queued(3)
    job = start(job_of(operator, state=["queued"]), operator)
    one = JobItem.objects.filter(job=job)[0].target
    JobItem.objects.filter(job=job, position=2).update(outcome="skipped", reason="=1+1")
    here = job.get_absolute_url()
    assert one in olga.get(here, {"id": one}).content.decode()
    lines = olga.get(f"{here}/items.csv").getvalue().decode().splitlines()
    assert len(lines) == 4
    assert "'=1+1" in lines[2]
    only = olga.get(f"{here}/items.csv?outcome=skipped").getvalue().decode()
    assert len(only.splitlines()) == 2
    assert olga.get(here, {"outcome": "odd"}).status_code == 200


def test_lists_of_jobs_by_verb(olga: Client, operator: User) -> None:
    job = job_of(operator, state=["queued"])
    for address, shown in (("jobs", True), ("cancellations", True), ("replays", False)):
        body = olga.get(f"/ops/{address}").content.decode()
        assert (f"Job {job.pk}:" in body) is shown
    assert olga.get("/ops/jobs?state=odd").status_code == 400


def test_a_running_job_refreshes_itself_and_a_finished_one_does_not(olga: Client, operator: User) -> None:
    queued(1)
    job = work(job_of(operator, state=["queued"]))
    lifecycle.confirm(job.pk, actor=by(operator), reason="x")
    assert 'hx-trigger="live from:body"' in olga.get(job.get_absolute_url()).content.decode()
    worker.work(job.pk, seconds=1)
    fragment = olga.get(job.get_absolute_url(), headers={"HX-Request": "true"}).content.decode()
    assert "hx-get" not in fragment
    assert "<html" not in fragment


def test_a_job_shows_and_exports_its_own_items_alone(olga: Client, operator: User) -> None:
    names = ["sync-crm", "resize-images"]
    mine, _ = (work(job_of(operator, function_id=[make_run(name).function_id])) for name in names)
    address = mine.get_absolute_url()
    page = olga.get(address).content.decode()
    told = olga.get(f"{address}/items.csv").getvalue().decode()
    assert [[name in text for name in names] for text in (page, told)] == [[True, False]] * 2
