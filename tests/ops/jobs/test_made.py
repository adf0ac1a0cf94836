"""How the new runs of a replay fare: on the job's page, and as a filter of every list of runs."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ops.access.actors import Actor
from ops.access.models import User
from ops.jobs import lifecycle
from ops.jobs.made import made_by
from ops.jobs.models import Job
from ops.operations.targets import get_target
from runs.actions import target
from runs.actions.replay import replay
from runs.criteria import RunCriteria
from runs.models import Replay, Run
from tests.api.conftest import signed_in
from tests.factories import make_run
from tests.ops.jobs.test_job import by, failed_runs, job_of, replay_job, start, work
from tests.people import enter

pytestmark = pytest.mark.django_db
ENDS = ("completed", "completed", "completed", "failed", "cancelled", "running")


@pytest.fixture
def job(operator: User) -> Job:
    """A replay of seven runs, of which one still waits; others were replayed by hand and by another job."""
    failed_runs(7)
    found = start(replay_job(operator), operator)
    made = list(Replay.objects.made_by(found.pk).values_list("run", flat=True))
    for pk, status in zip(made, ENDS, strict=False):
        Run.objects.filter(pk=pk).update(status=status)
    replay([make_run(status="failed").pk], actor=Actor(user=operator, door="page"), reason="x")
    other = lifecycle.create(
        "runs.replay", actor=by(operator), source="one", ids=[make_run(status="failed").pk]
    )
    start(other, operator)
    return found


@pytest.mark.parametrize("counted", [target.COUNTED, 2])
def test_the_new_runs_of_a_job_are_counted_by_what_they_are_now(
    job: Job, monkeypatch: pytest.MonkeyPatch, counted: int
) -> None:
    monkeypatch.setattr(target, "COUNTED", counted)
    made = made_by(job)
    assert made is not None
    assert made.total == 7
    assert made.counts == {"queued": 1, "running": 1, "completed": 3, "failed": 1, "cancelled": 1}
    assert made.failed_per_cent == 20


def test_a_jobs_page_says_how_its_new_runs_ended_and_leads_to_them(
    client: Client, operator: User, job: Job
) -> None:
    Job.objects.filter(pk=job.pk).update(brake=30)
    olga = enter(client, operator)
    page = olga.get(job.get_absolute_url()).content.decode()
    [card] = re.findall(r'<section\s+id="made".*?</section>', page, re.DOTALL)
    words = " ".join(re.sub(r"<[^>]+>", " ", card).split())
    assert "7 made by this job" in words
    assert "Completed 3 Failed 1 Cancelled 1" in words
    assert "20 % of the 5 that have ended failed." in words
    assert "The brake stops the job above 30 %." in words
    assert 'hx-trigger="live from:body"' in card
    shown = olga.get(f"/runs?job={job.pk}&status=failed").content.decode()
    assert shown.count('class="row-link"') == 1
    assert "made by job" in shown


def test_none_failed_is_said_in_a_word(client: Client, operator: User, job: Job) -> None:
    Run.objects.filter(status="failed").update(status="completed")
    page = enter(client, operator).get(job.get_absolute_url()).content.decode()
    assert "None of the 5 that have ended failed." in page


def test_a_job_that_makes_nothing_has_no_new_runs(client: Client, operator: User) -> None:
    make_run()
    cancelled = start(job_of(operator, state=["queued"]), operator)
    assert made_by(cancelled) is None
    assert 'id="made"' not in enter(client, operator).get(cancelled.get_absolute_url()).content.decode()


def test_made_by_is_a_filter_of_page_api_and_job(client: Client, operator: User, job: Job) -> None:
    made = set(Replay.objects.filter(job=job.pk).values_list("run", flat=True))
    assert len(made) == 7
    told = signed_in(operator).get(f"/api/runs?job={job.pk}")
    assert {row["id"] for row in told["results"]} == made
    assert enter(client, operator).get(f"/runs?job={job.pk}").content.decode().count('class="row-link"') == 7
    frozen = get_target("runs.run").frozen({"job": job.pk, "status": ["failed"]}, everything=False)
    failed = work(lifecycle.create("runs.replay", actor=by(operator), source="", matching=frozen))
    assert failed.total == 1
    assert set(failed.items.values_list("target", flat=True)) <= made


@pytest.mark.parametrize("value", ["0", "-1", "x", "1.5", str(2**63)])
def test_what_can_be_no_jobs_number_is_an_error_at_its_field(operator: User, value: str) -> None:
    caller = signed_in(operator)
    told = caller.get(f"/api/runs?job={value}")
    assert (caller.status, list(told["error"]["fields"])) == (400, ["job"])


def test_the_api_tells_the_same_counts(operator: User, job: Job) -> None:
    made = signed_in(operator).get(f"/api/jobs/{job.pk}/endings")["made"]
    assert (made["total"], made["counts"]["completed"], made["failed_per_cent"]) == (7, 3, 20)


def test_the_counts_take_the_same_queries_however_many_were_made(operator: User, job: Job) -> None:
    single = Job.objects.exclude(pk=job.pk).get()
    asked = []
    for one in (single, job):
        with CaptureQueriesContext(connection) as queries:
            made_by(one)
        asked.append(len(queries))
    assert asked == [2, 2]


def test_the_list_of_a_jobs_runs_is_served_by_the_index(job: Job) -> None:
    runs = Run.objects.matching(RunCriteria(job=job.pk)).order_by("-id")[:51]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        sql, parameters = runs.values("id").query.sql_with_params()
        cursor.execute(
            ("EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN ") + sql, parameters
        )
        plan = "\n".join(str(row) for row in cursor.fetchall())
    assert "runs_replay_job" in plan
    assert "SCAN" not in plan
    assert "Seq Scan" not in plan
