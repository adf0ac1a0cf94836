"""What the pages of jobs say: words for verbs, names for figures, sentences that stay true."""

import html
import re
from typing import Any

import pytest
from django.test import Client

from ops.access.models import User
from ops.jobs import lifecycle
from ops.jobs.models import Job, JobItem
from tests.factories import make_event, make_run
from tests.ops.jobs.test_job import by, failed_runs, job_of, replay_job, start, work
from tests.people import enter

pytestmark = pytest.mark.django_db


@pytest.fixture
def olga(client: Client, operator: User) -> Client:
    """The operator's browser."""
    return enter(client, operator)


@pytest.fixture
def finished(operator: User) -> Job:
    """A cancel job that has ended, two of three items done."""
    event = make_event()
    for _ in range(3):
        make_run(event=event)
    job = start(job_of(operator, state=["queued"]), operator)
    JobItem.objects.filter(job=job, position=3).update(outcome="skipped", reason="Already completed.")
    Job.objects.filter(pk=job.pk).update(done=2, skipped=1)
    return job


def words(answer: Any) -> str:
    """The page as somebody reads it."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.content.decode())))


def test_an_undo_is_announced_in_words(
    olga: Client, finished: Job, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        undo = olga.post(f"{finished.get_absolute_url()}/undo")
    assert f"Undo of job {finished.pk}" in words(olga.get(undo["Location"]))
    olga.post(f"{undo['Location']}/stop")
    assert f"Undo of job {finished.pk} was stopped." in words(olga.get(undo["Location"]))
    olga.post(f"{undo['Location']}/resume")
    assert f"Undo of job {finished.pk} was resumed." in words(olga.get(undo["Location"]))


def test_a_retry_is_announced_in_words(olga: Client, finished: Job) -> None:
    Job.objects.filter(pk=finished.pk).update(failed=1)
    retry = olga.post(f"{finished.get_absolute_url()}/retry-failed")
    assert f"Retry of job {finished.pk} is being prepared." in words(olga.get(retry["Location"]))


def test_no_page_of_jobs_shows_the_code_of_a_verb(olga: Client, finished: Job) -> None:
    olga.post(f"{finished.get_absolute_url()}/undo")
    for address in ("/ops/jobs", f"/ops/jobs/{finished.pk}", f"/ops/jobs/{finished.pk + 1}"):
        shown = words(olga.get(address))
        assert f"Job {finished.pk}: cancel runs" in shown or f"undo of job {finished.pk}" in shown
        assert not re.search(r"runs\.(cancel|replay)", shown), address


def test_a_message_about_a_job_is_still_true_when_the_job_has_ended(olga: Client, operator: User) -> None:
    make_run()
    job = work(job_of(operator, state=["queued"]))
    lifecycle.confirm(job.pk, actor=by(operator), reason="x")
    for deed, said in (("stop", "Job 1 was stopped."), ("resume", "Job 1 was resumed.")):
        olga.post(f"{job.get_absolute_url()}/{deed}")
        shown = words(olga.get(job.get_absolute_url()))
        assert said.replace("1", str(job.pk)) in shown
        assert "goes on" not in shown


def test_every_figure_of_speed_has_a_name(olga: Client, operator: User) -> None:
    job = replay_job(operator, feed=2.0)
    Job.objects.filter(pk=job.pk).update(
        state="running", total=100, cursor=60, done=60, worked=10.0, frontier="{}"
    )
    shown = words(olga.get(job.get_absolute_url()))
    assert "6 per second on average so far" in shown
    assert "at most 2 new runs per second, queued up to 10 s ahead" in shown
    for state in ("stopped", "finished"):
        Job.objects.filter(pk=job.pk).update(state=state)
        shown = words(olga.get(job.get_absolute_url()))
        assert "6 per second on average" in shown
        assert "so far" not in shown
    Job.objects.filter(pk=job.pk).update(cursor=3, done=3)
    assert "0.3 per second on average" in words(olga.get(job.get_absolute_url()))


def test_the_counts_of_a_job_lead_to_the_items_counted(olga: Client, finished: Job) -> None:
    here = finished.get_absolute_url()
    page = olga.get(here).content.decode()
    for outcome in ("done", "skipped"):
        assert f'href="{here}?outcome={outcome}#items"' in page
    assert f'href="{here}?outcome=failed#items"' not in page
    row = olga.get("/ops/jobs").content.decode()
    assert f'href="{here}?outcome=skipped#items"' in row
    assert 'href="/ops/jobs?state=finished"' in row


def test_how_hard_a_job_works_is_one_control_that_explains_itself(olga: Client, operator: User) -> None:
    job = replay_job(operator)
    Job.objects.filter(pk=job.pk).update(state="running", total=100, frontier="{}")
    here = job.get_absolute_url()
    page = olga.get(here).content.decode()
    assert page.count(f'action="{here}/pace"') == 1
    assert "In its pauses a job leaves the database to the engine." in words(olga.get(here))
    assert 'value="usual" checked' in page
    olga.post(f"{here}/pace", {"pace": "calm", "feed": "5", "brake": ""})
    job.refresh_from_db()
    assert (job.duty, job.feed, job.brake) == (25, 5.0, None)
    olga.post(f"{here}/pace", {"pace": "full"})
    job.refresh_from_db()
    assert (job.duty, job.feed) == (100, 5.0)
    assert olga.post(f"{here}/pace", {}).status_code == 409
    assert olga.post(f"{here}/pace", {"pace": "odd", "feed": "7"}).status_code == 409
    job.refresh_from_db()
    assert (job.duty, job.feed) == (100, 5.0)


@pytest.mark.parametrize(
    ("feed", "worked", "said"),
    [
        (2.0, None, "It will take about 50 s, at 2 new runs per second."),
        (None, 40.0, "It will take about 4 s, at the speed of the last job of this kind."),
        (None, None, ""),
    ],
)
def test_the_preview_says_how_long_the_job_will_take(
    olga: Client, operator: User, feed: float | None, worked: float | None, said: str
) -> None:
    if worked:
        last = replay_job(operator, feed=None)
        Job.objects.filter(pk=last.pk).update(
            state="finished", total=1_000, cursor=1_000, done=1_000, worked=worked
        )
    failed_runs(1)
    job = work(replay_job(operator))
    Job.objects.filter(pk=job.pk).update(total=100, feed=feed)
    shown = words(olga.get(job.get_absolute_url()))
    assert said in shown
    assert bool(said) is ("It will take about" in shown)
