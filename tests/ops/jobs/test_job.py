"""A job from the filter to its last item."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from ops.access.actors import Actor
from ops.access.models import User
from ops.audit.chain import Walk
from ops.audit.models import AuditEntry
from ops.jobs import leasing, lifecycle, throttle, worker
from ops.jobs.models import Job, JobItem
from ops.operations.targets import get_target
from ops.platform.errors import InvalidInput, PermissionDenied, StateConflict
from runs.models import Run
from tests.factories import make_event, make_run

pytestmark = pytest.mark.django_db


def by(user: User) -> Actor:
    return Actor(user=user, door="page")


def job_of(user: User, *, everything: bool = False, **data: Any) -> Job:
    parameters = get_target("runs.run").frozen(data, everything=everything)
    return lifecycle.create("runs.cancel", actor=by(user), source="a filter", matching=parameters)


def work(job: Job) -> Job:
    while worker.work(job.pk, seconds=0.2):
        pass
    job.refresh_from_db()
    return job


def start(job: Job, user: User) -> Job:
    work(job)
    lifecycle.confirm(job.pk, actor=by(user), reason="wrong release", typed=str(job.total))
    return work(job)


def test_a_job_cancels_what_its_filter_matched_and_nothing_else(operator: User) -> None:
    event = make_event()
    queued = [make_run(event=event) for _ in range(7)]
    other = make_run("sync-crm", event=event)
    job = start(job_of(operator, state=["queued"], function_id=["charge-card"]), operator)
    assert (job.state, job.total, job.done) == ("finished", 7, 7)
    assert set(Run.objects.filter(status="cancelled").values_list("pk", flat=True)) == {r.pk for r in queued}
    assert Run.objects.get(pk=other.pk).status == "queued"


def test_what_comes_after_freezing_is_never_touched(operator: User) -> None:
    event = make_event()
    make_run(event=event)
    job = work(job_of(operator, state=["queued"]))
    late = make_run(event=event)
    job = start(job, operator)
    assert (job.total, job.done) == (1, 1)
    assert Run.objects.get(pk=late.pk).status == "queued"


def test_each_item_says_what_became_of_its_run(operator: User) -> None:
    event = make_event()
    done, gone, kept = (make_run(event=event) for _ in range(3))
    job = work(job_of(operator, state=["queued"]))
    Run.objects.filter(pk=done.pk).update(status="completed")
    Run.objects.filter(pk=gone.pk)._raw_delete("default")
    job = start(job, operator)
    told = dict(JobItem.objects.filter(job=job).values_list("target", "reason"))
    assert told == {done.pk: "Already completed.", gone.pk: "There is no run with this id.", kept.pk: ""}
    assert job.counts == {"done": 1, "skipped": 2, "failed": 0, "pending": 0}


def test_several_states_are_frozen_once_each_newest_first(operator: User) -> None:
    event, now = make_event(), timezone.now()
    runs = [
        make_run(status=status, event=event, created_at=now - timedelta(seconds=age))
        for age, status in enumerate(["queued", "running", "failed", "queued", "failed"])
    ]
    job = work(job_of(operator, state=["queued", "running", "failed"]))
    items = JobItem.objects.filter(job=job).order_by("position").values_list("target", "seen_state")
    assert list(items) == [(run.pk, run.status) for run in runs]


def test_every_chunk_is_audited_with_its_job(operator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LARGEST", {"postgresql": 2, "sqlite": 2})
    event = make_event()
    for _ in range(5):
        make_run(event=event)
    job = start(job_of(operator, state=["queued"]), operator)
    entries = AuditEntry.objects.filter(verb="runs.cancel")
    assert [entry.counts_value["done"] for entry in entries.order_by("id")] == [2, 2, 1]
    assert {entry.parameters_value["job"] for entry in entries} == {job.pk}
    assert not list(Walk().faults())


def test_a_job_is_confirmed_once(operator: User, admin: User) -> None:
    make_run()
    job = work(job_of(operator, state=["queued"]))
    lifecycle.confirm(job.pk, actor=by(operator), reason="one")
    with pytest.raises(StateConflict, match="running by olga"):
        lifecycle.confirm(job.pk, actor=by(admin), reason="two")


def test_above_a_hundred_the_number_has_to_be_typed(operator: User) -> None:
    event = make_event()
    for _ in range(101):
        make_run(event=event)
    job = work(job_of(operator, state=["queued"]))
    with pytest.raises(InvalidInput, match="Type 101"):
        lifecycle.confirm(job.pk, actor=by(operator), reason="all", typed="100")
    lifecycle.confirm(job.pk, actor=by(operator), reason="all", typed="101")


def test_a_viewer_makes_no_job_and_the_attempt_is_audited(viewer: User) -> None:
    with pytest.raises(PermissionDenied):
        job_of(viewer, state=["queued"])
    assert AuditEntry.objects.get().outcome == "refused"
    assert not Job.objects.exists()


def test_an_empty_filter_has_to_be_said(operator: User) -> None:
    with pytest.raises(InvalidInput, match="all=true"):
        job_of(operator)
    assert work(job_of(operator, everything=True)).total == 0


def test_an_invalid_filter_is_refused(operator: User) -> None:
    with pytest.raises(InvalidInput, match="state"):
        job_of(operator, state=["borken"])


def test_a_job_of_nothing_finishes(operator: User) -> None:
    job = start(job_of(operator, state=["queued"]), operator)
    assert (job.state, job.total) == ("finished", 0)


def test_a_job_stops_when_its_person_loses_the_role_and_is_resumed_by_another(
    operator: User, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "LARGEST", {"postgresql": 2, "sqlite": 2})
    event = make_event()
    for _ in range(5):
        make_run(event=event)
    job = work(job_of(operator, state=["queued"]))
    lifecycle.confirm(job.pk, actor=by(operator), reason="x")
    worker.work(job.pk, seconds=0)
    operator.groups.clear()
    job = work(job)
    assert (job.state, job.done, job.pending, job.finished_at) == ("stopped", 2, 3, None)
    assert "runs.cancel_run" in job.explanation
    assert "can resume it" in job.explanation
    with pytest.raises(PermissionDenied):
        lifecycle.resume(job.pk, actor=by(User.objects.get(username="olga")))
    lifecycle.resume(job.pk, actor=by(admin))
    job = work(job)
    assert (job.state, job.done, job.actor, job.created_by) == ("finished", 5, "adam", "olga")
    entries = AuditEntry.objects.filter(verb="runs.cancel", outcome="performed").order_by("id")
    assert [entry.actor for entry in entries] == ["olga", "adam", "adam"]


def test_a_job_of_a_person_who_is_gone_stops(operator: User, admin: User) -> None:
    make_run()
    job = work(job_of(operator, state=["queued"]))
    lifecycle.confirm(job.pk, actor=by(operator), reason="x")
    operator.delete()
    job = work(job)
    assert (job.state, job.done) == ("stopped", 0)
    lifecycle.resume(job.pk, actor=by(admin))
    assert work(job).done == 1


def test_a_stopped_job_goes_on_where_it_stopped(operator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LARGEST", {"postgresql": 2, "sqlite": 2})
    event = make_event()
    for _ in range(5):
        make_run(event=event)
    job = work(job_of(operator, state=["queued"]))
    lifecycle.confirm(job.pk, actor=by(operator), reason="x")
    assert worker.work(job.pk, seconds=0)
    lifecycle.stop(job.pk, actor=by(operator))
    assert not worker.work(job.pk, seconds=1)
    assert Run.objects.filter(status="cancelled").count() == 2
    lifecycle.resume(job.pk, actor=by(operator))
    job = work(job)
    assert (job.state, job.done) == ("finished", 5)


def test_two_workers_never_hold_one_job(operator: User) -> None:
    make_run()
    job = job_of(operator, state=["queued"])
    Job.objects.filter(pk=job.pk).update(
        lease_owner="other", lease_until=timezone.now() + timedelta(seconds=9)
    )
    assert not worker.work(job.pk, seconds=1)
    assert leasing.due() == []
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert leasing.due() == [job.pk]
    assert work(job).state == "ready"


def replay_job(user: User, **links: Any) -> Job:
    parameters = get_target("runs.run").frozen({"state": ["failed"]}, everything=False)
    return lifecycle.create("runs.replay", actor=by(user), source="a filter", matching=parameters, **links)


def failed_runs(count: int) -> None:
    event = make_event()
    for _ in range(count):
        make_run(status="failed", event=event)


def test_a_replay_job_makes_each_run_once_and_names_it(operator: User) -> None:
    failed_runs(3)
    job = start(replay_job(operator), operator)
    made = set(JobItem.objects.filter(job=job).values_list("result", flat=True))
    assert made == set(Run.objects.filter(status="queued").values_list("pk", flat=True))
    assert len(made) == 3


def test_a_replay_job_feeds_no_further_ahead_than_ten_seconds(operator: User) -> None:
    failed_runs(30)
    job = work(replay_job(operator, feed=1.0))
    lifecycle.confirm(job.pk, actor=by(operator), reason="x")
    worker.work(job.pk, seconds=0)
    assert Run.objects.filter(status="queued").count() == 10


@pytest.mark.parametrize(("feed", "allowed"), [(50.0, 500), (1.0, 10), (10_000.0, 1_000), (None, None)])
def test_another_rate_counts_from_the_moment_of_its_change(
    operator: User, feed: float | None, allowed: int | None
) -> None:
    job = work(replay_job(operator, feed=5.0))
    Job.objects.filter(pk=job.pk).update(total=100_000, cursor=18_000, done=18_000, worked=3_600.0)
    assert throttle.allowance(Job.objects.get(pk=job.pk)) == 50
    lifecycle.pace(job.pk, actor=by(operator), feed=feed)
    assert throttle.allowance(Job.objects.get(pk=job.pk)) == allowed


def test_a_rate_changed_again_and_again_feeds_no_more(operator: User) -> None:
    job = work(replay_job(operator, feed=5.0))
    Job.objects.filter(pk=job.pk).update(total=100_000, cursor=50, done=50, worked=0.0)
    for feed in (6.0, 5.0, 6.0, 5.0):
        lifecycle.pace(job.pk, actor=by(operator), feed=feed)
        assert (throttle.allowance(Job.objects.get(pk=job.pk)) or 0) <= 10


def test_what_is_left_is_told_at_the_rate_that_is_set(operator: User) -> None:
    job = Job(state="running", total=100, done=70, worked=1.0, feed=3.0)
    assert job.remaining == timedelta(seconds=10)
    assert Job(state="running", total=100, done=70, worked=1.0).remaining == timedelta(seconds=1)


def test_the_brake_stops_a_replay_whose_runs_fail(operator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "BRAKE_EVERY", 0.0001)
    monkeypatch.setattr(throttle, "LONGEST_WAIT", 0.05)
    failed_runs(60)
    job = work(replay_job(operator, feed=3.0, brake=50))
    lifecycle.confirm(job.pk, actor=by(operator), reason="x")
    worker.work(job.pk, seconds=0)
    Run.objects.filter(status="queued").update(status="failed")
    job = work(job)
    assert job.state == "stopped"
    assert "more than 50 %" in job.explanation
    assert job.pending


def test_the_brake_of_a_large_job_looks_at_some_of_its_runs(
    operator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "BRAKE_EVERY", 0.0001)
    monkeypatch.setattr(throttle, "LONGEST_WAIT", 0.05)
    monkeypatch.setattr(throttle, "BRAKE_SAMPLE", 30)
    failed_runs(200)
    job = work(replay_job(operator, feed=9.0, brake=50))
    lifecycle.confirm(job.pk, actor=by(operator), reason="x", typed="200")
    worker.work(job.pk, seconds=0)
    Run.objects.filter(status="queued").update(status="failed")
    job = work(job)
    assert job.state == "stopped"
    assert re.match(r"(2\d|30) of the \1 new runs that were looked at and have ended failed", job.explanation)


def test_undoing_a_replay_cancels_only_what_no_worker_has_taken(operator: User) -> None:
    failed_runs(2)
    job = start(replay_job(operator), operator)
    taken = JobItem.objects.filter(job=job).values_list("result", flat=True)[0]
    Run.objects.filter(pk=taken).update(status="running", locked_by="worker-1", attempt=1)
    undo = start(lifecycle.undo(job.pk, actor=by(operator)), operator)
    assert (undo.origin_id, undo.relation, undo.verb) == (job.pk, "undo", "runs.cancel")
    reasons = dict(JobItem.objects.filter(job=undo).values_list("outcome", "reason"))
    assert reasons == {"done": "", "skipped": "A worker has taken it."}
    assert Run.objects.get(pk=taken).status == "running"


def test_undoing_a_cancel_replays_what_was_cancelled(operator: User) -> None:
    run = make_run()
    job = start(job_of(operator, state=["queued"]), operator)
    start(lifecycle.undo(job.pk, actor=by(operator)), operator)
    assert Run.objects.get(pk=run.pk).status == "cancelled"
    assert Run.objects.filter(status="queued").count() == 1


def test_what_failed_is_retried_by_a_new_linked_job(operator: User) -> None:
    make_run()
    job = start(job_of(operator, state=["queued"]), operator)
    with pytest.raises(StateConflict, match="No item"):
        lifecycle.retry_failed(job.pk, actor=by(operator))
    JobItem.objects.filter(job=job).update(outcome="failed")
    Job.objects.filter(pk=job.pk).update(failed=1)
    again = start(lifecycle.retry_failed(job.pk, actor=by(operator)), operator)
    assert (again.origin_id, again.relation, again.total, again.skipped) == (job.pk, "retry", 1, 1)


def test_a_wrong_pace_is_refused_by_field(operator: User) -> None:
    job = job_of(operator, everything=True)
    with pytest.raises(InvalidInput) as refused:
        lifecycle.pace(job.pk, actor=by(operator), duty=0, feed=0, speed=3)
    assert set(refused.value.fields) == {"duty", "feed", "speed"}
    assert lifecycle.pace(job.pk, actor=by(operator), duty=100, feed=None).duty == 100
