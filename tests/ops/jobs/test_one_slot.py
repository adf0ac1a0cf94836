"""Many jobs at once on one worker slot: each has its turn, and what was lost is found in time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Any

import pytest
from celery import current_app
from celery.contrib.testing.worker import start_worker
from django.conf import settings
from django.db import connection, connections, transaction
from django.utils import timezone

from ops.access.models import User
from ops.audit.chain import Walk
from ops.jobs import leasing, lifecycle, tasks, worker
from ops.jobs.models import Job, JobItem
from runs.models import Replay, Run
from tests.factories import make_event, make_run
from tests.ops.jobs.test_job import by, failed_runs, job_of, replay_job, work

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 25.0


@pytest.fixture
def slot() -> Iterator[None]:
    """One slot of a real worker, and the schedule beside it."""
    over = Event()
    current_app.control.purge()
    with start_worker(current_app, pool="solo", perform_ping_check=False, shutdown_timeout=30):
        schedule = Thread(target=send_sweeps, args=(over,))
        schedule.start()
        yield
        over.set()
        schedule.join()
        # The worker ends after the turn that it is at.
        Job.objects.filter(state="running").update(state="stopped")
    current_app.control.purge()


def send_sweeps(over: Event) -> None:
    """What the schedule sends, when it sends it."""
    entry: dict[str, Any] = settings.CELERY_BEAT_SCHEDULE["sweep-jobs"]
    while not over.wait(entry["schedule"].seconds):
        current_app.send_task(entry["task"], **entry.get("options", {}))


def running(job: Job, user: User) -> Job:
    job = work(job)
    return lifecycle.confirm(job.pk, actor=by(user), reason="x", typed=str(job.total))


def until_finished(*jobs: Job) -> float:
    """Seconds until all have finished."""
    began = time.monotonic()
    numbers = [job.pk for job in jobs]
    while Job.objects.filter(pk__in=numbers).exclude(state="finished").exists():
        assert time.monotonic() - began < PATIENCE, list(Job.objects.values_list("pk", "state", "done"))
        time.sleep(0.05)
    return time.monotonic() - began


def lose(job: Job) -> None:
    """As if its worker had been killed a moment ago."""
    until = timezone.now() + timedelta(seconds=1)
    Job.objects.filter(pk=job.pk).update(lease_owner="a worker that was killed", lease_until=until)


@pytest.mark.usefixtures("slot")
def test_a_job_that_lost_its_worker_goes_on_beside_jobs_that_take_all_the_time(operator: User) -> None:
    failed_runs(60)
    run = make_run()
    lost = running(job_of(operator, state=["queued"]), operator)
    feeding = [running(replay_job(operator, feed=1.0), operator) for _ in range(3)]
    lose(lost)
    for job in feeding:
        tasks.send(job.pk)
    assert until_finished(lost) < 15
    assert Run.objects.get(pk=run.pk).status == "cancelled"
    assert set(Job.objects.filter(pk__in=[job.pk for job in feeding]).values_list("state", flat=True)) == {
        "running"
    }


@pytest.mark.usefixtures("slot")
def test_six_jobs_at_once_on_one_slot_all_finish(operator: User) -> None:
    event = make_event()
    failed_runs(30)
    for _ in range(30):
        make_run(event=event)
    jobs = [running(job_of(operator, state=["queued"]), operator)]
    jobs += [running(replay_job(operator, feed=20.0), operator) for _ in range(5)]
    for job in jobs:
        tasks.send(job.pk)
    lose(jobs[3])
    until_finished(*jobs)
    for job in jobs:
        job.refresh_from_db()
        assert job.counts == {"done": 30, "skipped": 0, "failed": 0, "pending": 0}
    assert (
        Replay.objects.count()
        == JobItem.objects.filter(job__verb="runs.replay", outcome="done").count()
        == 150
    )
    assert list(Walk().faults()) == []


def test_what_the_schedule_sends_neither_expires_nor_waits_behind_jobs() -> None:
    jobs = current_app.amqp.router.route({}, tasks.work_on.name)["queue"].name
    schedule: dict[str, dict[str, Any]] = settings.CELERY_BEAT_SCHEDULE
    for entry in schedule.values():
        assert "expires" not in entry.get("options", {})
        assert current_app.amqp.router.route({}, entry["task"])["queue"].name != jobs
    assert {"celery", "periodic"} == set(current_app.amqp.queues.consume_from)


def test_the_more_jobs_are_active_the_shorter_is_a_turn(operator: User) -> None:
    make_run()
    assert leasing.share(5.0) == 5.0
    for _ in range(2):
        running(job_of(operator, state=["queued"]), operator)
    assert leasing.share(5.0) == 2.5
    assert leasing.share(0.1) == leasing.SHORTEST_TURN


def test_a_job_rests_outside_of_the_slot_when_another_waits_for_it(operator: User) -> None:
    failed_runs(40)
    first, second = (running(replay_job(operator, feed=2.0), operator) for _ in range(2))
    held = leasing.claim(second.pk, None)
    assert not leasing.others_wait(first.pk)
    leasing.release(second.pk, held)
    began = time.monotonic()
    assert not worker.work(first.pk, seconds=5)
    assert time.monotonic() - began < 2
    assert leasing.due() == [second.pk]
    first.refresh_from_db()
    assert (first.done, first.lease_owner) == (20, "")
    assert first.lease_until is not None


def test_time_in_which_others_had_the_slot_counts_for_a_rate(operator: User) -> None:
    failed_runs(100)
    job = running(replay_job(operator, feed=2.0), operator)
    for passed, fed in ((0, 20), (6, 12), (8, 16), (3600, 20)):
        before = job.done
        aged = leasing.clock() - timedelta(seconds=passed)
        Job.objects.filter(pk=job.pk, worked_at__isnull=False).update(worked_at=aged)
        owner = leasing.claim(job.pk, None)
        worker.turn(job.pk, owner)
        worker.turn(job.pk, owner)
        leasing.release(job.pk, owner)
        job.refresh_from_db()
        assert fed <= job.done - before <= fed + 4  # what the test itself takes counts too


@contextmanager
def wrong_clock(by_how_much: timedelta, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose clock is wrong."""
    right = timezone.now

    def wrong() -> datetime:
        return right() + by_how_much

    with monkeypatch.context() as patch:
        patch.setattr(timezone, "now", wrong)
        yield


@pytest.mark.postgresql
@pytest.mark.parametrize("hours", [-1, 1])
def test_a_lease_is_as_long_as_it_should_be_whatever_the_workers_clock_says(
    operator: User, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    make_run()
    job = running(job_of(operator, state=["queued"]), operator)
    with wrong_clock(timedelta(hours=hours), monkeypatch):
        assert leasing.claim(job.pk, None)
    left = Job.objects.get(pk=job.pk).lease_until
    assert left is not None
    assert timedelta() < left - timezone.now() <= leasing.LEASE


@pytest.mark.postgresql
def test_a_sweep_does_not_wait_for_a_chunk_that_takes_long(operator: User) -> None:
    make_run()
    job = running(job_of(operator, state=["queued"]), operator)
    Job.objects.filter(pk=job.pk).update(
        lease_owner="slow", lease_until=timezone.now() - timedelta(seconds=1)
    )
    with locked(job):
        assert leasing.due() == [job.pk]
        assert leasing.reserve(job.pk) == ""
    assert leasing.reserve(job.pk)


@contextmanager
def locked(job: Job) -> Iterator[None]:
    """Its row is locked by somebody else, as it is in a chunk."""
    held, over = Event(), Event()

    def chunk() -> None:
        with transaction.atomic():
            list(Job.objects.select_for_update().filter(pk=job.pk))
            held.set()
            over.wait(10)
        connections.close_all()

    thread = Thread(target=chunk)
    thread.start()
    held.wait(10)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '2s'")
    try:
        yield
    finally:
        over.set()
        thread.join()
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = 0")
