"""An undo, and a retry, take only what still is as the first job left it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from ops.access.actors import Actor
from ops.access.models import User
from ops.engine.statuses import HOLDER
from ops.jobs import lifecycle
from ops.jobs.models import Job, JobItem
from ops.jobs.preview import Expectation, preview
from runs.actions.replay import replay
from runs.actions.succession import BUSY, CANCELLED_ANEW, REPLAYED, TAKEN
from runs.models import Replay, Run
from tests.engine.databases import connect
from tests.factories import make_event, make_run
from tests.ops.jobs.test_job import by, failed_runs, job_of, replay_job, start, work

pytestmark = pytest.mark.django_db
NOW = timezone.now


def cancelled_job(user: User, count: int = 1) -> tuple[Job, list[str]]:
    event = make_event()
    ids = [make_run(event=event).pk for _ in range(count)]
    return start(job_of(user, state=["queued"]), user), ids


def told(job: Job) -> dict[str, tuple[str, str]]:
    items = JobItem.objects.filter(job=job).values_list("target", "outcome", "reason")
    return {pk: (outcome, why) for pk, outcome, why in items}


def completed(run: str) -> None:
    Run.objects.filter(pk=run).update(status="completed")


def requeued(run: str) -> None:
    Run.objects.filter(pk=run).update(status="queued")


def cancelled_anew(run: str) -> None:
    Run.objects.filter(pk=run).update(ended_at=NOW() + timedelta(seconds=5))


CHANGES: list[tuple[Callable[[str], None], str]] = [
    (completed, "No longer cancelled: it is completed now."),
    (requeued, "No longer cancelled: it is queued now."),
    (cancelled_anew, CANCELLED_ANEW),
]


@pytest.mark.parametrize(("change", "why"), CHANGES)
@pytest.mark.parametrize("moment", ["before it is prepared", "before it is confirmed"])
def test_the_undo_of_a_cancel_leaves_alone_what_is_cancelled_no_longer(
    operator: User, change: Callable[[str], None], why: str, moment: str
) -> None:
    job, [kept, changed] = cancelled_job(operator, 2)
    if moment == "before it is prepared":
        change(changed)
    undo = work(lifecycle.undo(job.pk, actor=by(operator)))
    if moment == "before it is prepared":
        assert set(preview(undo).expected) == {Expectation("done", "", 1), Expectation("skipped", why, 1)}
    change(changed)
    undo = start(undo, operator)
    assert told(undo) == {kept: ("done", ""), changed: ("skipped", why)}
    assert list(Replay.objects.values_list("origin", flat=True)) == [kept]


def test_what_was_replayed_since_its_cancel_is_not_replayed_once_more(operator: User) -> None:
    job, [by_hand, by_undo] = cancelled_job(operator, 2)
    replay([by_hand], actor=Actor(user=operator, door="page"), reason="x")
    first = start(lifecycle.undo(job.pk, actor=by(operator)), operator)
    assert told(first) == {by_hand: ("skipped", REPLAYED), by_undo: ("done", "")}
    Run.objects.filter(status="queued").update(status="completed")
    second = start(lifecycle.undo(job.pk, actor=by(operator)), operator)
    assert told(second) == dict.fromkeys((by_hand, by_undo), ("skipped", REPLAYED))
    assert Replay.objects.count() == 2


def test_what_was_replayed_before_its_cancel_is_replayed(operator: User) -> None:
    event = make_event()
    run = make_run(event=event)
    replay([run.pk], actor=Actor(user=operator, door="page"), reason="x")
    Run.objects.filter(pk__in=Replay.objects.values("run")).update(status="completed")
    job = start(job_of(operator, state=["queued"]), operator)
    undo = start(lifecycle.undo(job.pk, actor=by(operator)), operator)
    assert told(undo) == {run.pk: ("done", "")}


def test_the_undo_of_a_replay_leaves_alone_what_a_worker_has_had(operator: User) -> None:
    failed_runs(4)
    job = start(replay_job(operator), operator)
    waiting, retried, held, done = JobItem.objects.filter(job=job).values_list("result", flat=True)
    Run.objects.filter(pk=retried).update(attempt=1, started_at=NOW())
    Run.objects.filter(pk=held).update(status="running", locked_by=HOLDER, locked_until=NOW())
    completed(done)
    undo = work(lifecycle.undo(job.pk, actor=by(operator)))
    assert set(preview(undo).expected) == {
        Expectation("done", "", 2),
        Expectation("skipped", TAKEN, 1),
        Expectation("skipped", "Already completed.", 1),
    }
    assert told(start(undo, operator)) == {
        waiting: ("done", ""),
        retried: ("skipped", TAKEN),
        held: ("done", ""),
        done: ("skipped", "Already completed."),
    }


def test_the_undo_of_an_undo_cancels_what_that_made(operator: User) -> None:
    job, [run] = cancelled_job(operator)
    undo = start(lifecycle.undo(job.pk, actor=by(operator)), operator)
    redo = start(lifecycle.undo(undo.pk, actor=by(operator)), operator)
    assert told(redo) == {Replay.objects.get(origin=run).run: ("done", "")}
    assert not Run.objects.exclude(status="cancelled").exists()


def test_the_retry_of_a_replay_leaves_alone_what_is_otherwise_since(operator: User) -> None:
    failed_runs(3)
    job = start(replay_job(operator), operator)
    Replay.objects.all().delete()
    JobItem.objects.filter(job=job).update(outcome="failed", result="")
    Job.objects.filter(pk=job.pk).update(failed=3, done=0)
    same, ended, replayed = JobItem.objects.filter(job=job).values_list("target", flat=True)
    completed(ended)
    replay([replayed], actor=Actor(user=operator, door="page"), reason="x")
    again = work(lifecycle.retry_failed(job.pk, actor=by(operator)))
    assert preview(again).done == 1
    assert told(start(again, operator)) == {
        same: ("done", ""),
        ended: ("skipped", "It was failed when the first job was made, and is completed now."),
        replayed: ("skipped", REPLAYED),
    }


def test_a_cancel_of_an_earlier_version_left_no_end_to_compare(operator: User) -> None:
    job, [run] = cancelled_job(operator)
    JobItem.objects.filter(job=job).update(mark="")
    assert told(start(lifecycle.undo(job.pk, actor=by(operator)), operator)) == {run: ("done", "")}


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_run_that_the_engine_is_changing_is_not_replayed(operator: User) -> None:
    job, [run] = cancelled_job(operator)
    undo = work(lifecycle.undo(job.pk, actor=by(operator)))
    lifecycle.confirm(undo.pk, actor=by(operator), reason="x")
    with connect(str(connection.settings_dict["NAME"])) as engine:
        engine.autocommit = False
        engine.execute("UPDATE function_runs SET status = 'completed' WHERE id = %s", [run])
        undo = work(undo)
        engine.rollback()
    assert told(undo) == {run: ("failed", BUSY)}
    assert not Replay.objects.exists()
