"""A job that was never confirmed can be discarded, and is when it is too old."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from ops.access.models import User
from ops.audit.chain import Walk
from ops.audit.models import AuditEntry
from ops.jobs import drafts, leasing, lifecycle, tasks, worker
from ops.jobs.models import Job
from ops.platform.errors import PermissionDenied, StateConflict
from runs.models import Run
from tests.api.conftest import signed_in
from tests.factories import make_run
from tests.ops.jobs.test_job import by, job_of, work
from tests.people import enter

pytestmark = pytest.mark.django_db
DAY = timedelta(hours=24)


@pytest.fixture
def job(operator: User) -> Job:
    """Ready, over one queued run."""
    make_run()
    return work(job_of(operator, state=["queued"]))


def by_page(user: User, job: Job) -> None:
    assert enter(Client(), user).post(f"{job.get_absolute_url()}/discard").status_code == 303


def by_api(user: User, job: Job) -> None:
    caller = signed_in(user)
    told = caller.post(f"{job.api_address}/discard", {"reason": "not needed"})
    assert (caller.status, told["state"], told["expires_at"]) == (200, "discarded", None)


def by_command(user: User, job: Job) -> None:
    assert "discarded" in run_command("discard", job, reason="not needed")


def run_command(deed: str, job: Job, **options: Any) -> str:
    out = StringIO()
    call_command("job", deed, str(job.pk), actor="olga", stdout=out, **options)
    return out.getvalue()


@pytest.mark.parametrize("door", [by_page, by_api, by_command])
def test_a_ready_job_is_discarded_through_every_door(
    operator: User, job: Job, door: Callable[[User, Job], None]
) -> None:
    door(operator, job)
    job.refresh_from_db()
    assert (job.state, job.finished_at is None) == ("discarded", False)
    entry = AuditEntry.objects.get(verb="jobs.discard")
    assert (entry.actor, entry.job, entry.door) == ("olga", job.pk, door.__name__.removeprefix("by_"))
    for deed in (lifecycle.resume, lifecycle.stop, drafts.discard):
        with pytest.raises(StateConflict, match="is discarded"):
            deed(job.pk, actor=by(operator))
    assert not worker.work(job.pk, seconds=1)
    assert Run.objects.get().status == "queued"


def test_what_was_confirmed_is_not_discarded(operator: User, job: Job) -> None:
    lifecycle.confirm(job.pk, actor=by(operator), reason="x")
    with pytest.raises(StateConflict, match="is running"):
        drafts.discard(job.pk, actor=by(operator))
    lifecycle.stop(job.pk, actor=by(operator))
    with pytest.raises(StateConflict, match="was confirmed"):
        drafts.discard(job.pk, actor=by(operator))
    caller = signed_in(operator)
    caller.post(f"{job.api_address}/discard", {})
    assert caller.status == 409
    with pytest.raises(CommandError, match="was confirmed"):
        run_command("discard", job)


def test_what_is_still_collected_or_was_stopped_before_is_discarded(operator: User) -> None:
    make_run()
    for stopped in (False, True):
        job = job_of(operator, state=["queued"])
        if stopped:
            lifecycle.stop(job.pk, actor=by(operator))
        assert drafts.discard(job.pk, actor=by(operator)).state == "discarded"


def test_only_who_may_do_what_it_does_discards_it(job: Job, viewer: User) -> None:
    with pytest.raises(PermissionDenied):
        drafts.discard(job.pk, actor=by(viewer))
    assert AuditEntry.objects.get(outcome="refused").actor == "vera"


def test_an_undo_that_was_discarded_can_be_prepared_again(operator: User, job: Job) -> None:
    lifecycle.confirm(job.pk, actor=by(operator), reason="x")
    work(job)
    undo = lifecycle.undo(job.pk, actor=by(operator))
    drafts.discard(undo.pk, actor=by(operator))
    assert lifecycle.undo(job.pk, actor=by(operator)).pk > undo.pk


def test_drafts_expire_and_nothing_else_does(operator: User, settings: Any) -> None:
    settings.JOB_DRAFT_HOURS = 24
    make_run()
    old, young, stopped, started = (work(job_of(operator, state=["queued"])) for _ in range(4))
    lifecycle.stop(stopped.pk, actor=by(operator))
    lifecycle.confirm(started.pk, actor=by(operator), reason="x")
    Job.objects.exclude(pk=young.pk).update(created_at=leasing.clock() - DAY - timedelta(minutes=1))
    tasks.expire_drafts()
    states = dict(Job.objects.values_list("pk", "state"))
    assert states == {
        old.pk: "discarded",
        young.pk: "ready",
        stopped.pk: "discarded",
        started.pk: "running",
    }
    old.refresh_from_db()
    assert old.explanation == "It was not confirmed within 24 hours."
    entries = AuditEntry.objects.filter(verb="jobs.expire")
    assert {(entry.actor, entry.job) for entry in entries} == {("system", old.pk), ("system", stopped.pk)}
    tasks.expire_drafts()
    assert entries.count() == 2
    assert list(Walk().faults()) == []


def test_an_expired_draft_is_refused_before_the_schedule_comes(operator: User, job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(created_at=leasing.clock() - DAY - timedelta(minutes=1))
    with pytest.raises(StateConflict, match="more than 24 hours ago"):
        lifecycle.confirm(job.pk, actor=by(operator), reason="x")


def test_the_page_says_when_and_offers_it(client: Client, operator: User, viewer: User, job: Job) -> None:
    shown = enter(client, operator).get(job.get_absolute_url()).content.decode()
    assert 'id="discard"' in shown
    assert "unless confirmed" in shown
    assert 'id="discard"' not in enter(client, viewer).get(job.get_absolute_url()).content.decode()
    lifecycle.confirm(job.pk, actor=by(operator), reason="x")
    shown = enter(client, operator).get(job.get_absolute_url()).content.decode()
    assert 'id="discard"' not in shown
    assert "unless confirmed" not in shown


def test_the_other_deeds_have_a_command_too(operator: User, job: Job) -> None:
    assert "stopped" in run_command("stop", job)
    assert "ready" in run_command("resume", job)
    with pytest.raises(CommandError, match="reason"):
        run_command("confirm", job)
    assert "running" in run_command("confirm", job, reason="x")
    assert work(job).state == "finished"
    assert "collecting" in run_command("undo", job)
    with pytest.raises(CommandError, match="No item"):
        run_command("retry-failed", job)
    with pytest.raises(CommandError, match="no job 7700000"):
        call_command("job", "stop", "7700000", actor="olga")
    with pytest.raises(CommandError, match="no user"):
        call_command("job", "stop", str(job.pk), actor="nobody")
