"""kill -9 of real processes at random instants; the large one is tests/chaos."""

import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from multiprocessing.process import BaseProcess
from random import Random

import pytest
from django.db import Error, connection, connections

from ops.access.models import User
from ops.audit.chain import Walk
from ops.audit.models import AuditItem
from ops.engine import extensions
from ops.engine.simulator.servers import server_on
from ops.jobs import leasing, lifecycle, worker
from ops.jobs.models import Job, JobItem
from runs.models import Replay, Run
from tests.factories import make_event, make_run
from tests.ops.jobs.test_job import by, job_of, replay_job, work

RUNS = 240
KILLS = 8
PATIENCE = 60.0  # seconds, on a machine that has much else to do
FORK = multiprocessing.get_context("fork")  # a process within milliseconds, with Django already in it

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def guard(transactional_db: None) -> Iterator[None]:
    extensions.install(extensions.get("guard"), connection, str)
    yield
    extensions.remove(extensions.get("guard"), connection, str)


@pytest.fixture
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small chunks and short leases, so that seconds hold many deaths."""
    monkeypatch.setattr(worker, "LARGEST", {"postgresql": 5, "sqlite": 5})
    monkeypatch.setattr(worker, "SHORTEST_REST", {"postgresql": 0.01, "sqlite": 0.02})
    monkeypatch.setattr(leasing, "LEASE", timedelta(seconds=0.4))


def for_ever(deed: Callable[[], None]) -> None:
    """What a process does until it is killed or its parent is gone."""
    parent = os.getppid()
    while os.getppid() == parent:
        try:
            deed()
        except Error:
            connection.close()
        time.sleep(0.01)


def sweep_and_work() -> None:
    """A worker that looks for jobs itself, as the sweeper does."""
    for pk in leasing.due():
        worker.work(pk, seconds=0.3)


def lease_and_complete() -> None:
    """Workers of the engine beside the jobs."""
    server = server_on(connection)
    for run in server.lease("worker-1", limit=2):
        server.complete(run["id"], {"ok": True})


def started(deed: Callable[[], None]) -> BaseProcess:
    """A real process; it shares no connection with this one."""
    connections.close_all()
    process = FORK.Process(target=for_ever, args=(deed,), daemon=True)
    process.start()
    return process


def killed(process: BaseProcess) -> None:
    """As a machine that loses its power."""
    process.kill()
    process.join()


def are_done() -> bool:
    return not Job.objects.filter(state__in=leasing.ACTIVE).exists()


def kill_at_random(workers: list[BaseProcess], random: Random) -> int:
    """Kill a worker now and then and put another in its place; returns how many died while jobs ran."""
    deaths = 0
    deadline = time.monotonic() + PATIENCE
    while not are_done() and time.monotonic() < deadline:
        time.sleep(random.uniform(0.02, 0.25))
        if deaths < KILLS and not are_done():
            place = random.randrange(len(workers))
            killed(workers[place])
            workers[place] = started(sweep_and_work)
            deaths += 1
    return deaths


def confirmed(job: Job, user: User) -> Job:
    job = work(job)
    return lifecycle.confirm(job.pk, actor=by(user), reason="chaos", typed=str(job.total))


def truth_of(job: Job) -> list[str]:
    """Counters, items and log agree; returns the targets that were done."""
    job.refresh_from_db()
    items = list(JobItem.objects.filter(job=job).values_list("target", "outcome"))
    counted = Counter(outcome for _, outcome in items)
    assert (job.state, job.explanation) == ("finished", "")
    assert job.counts == {name: counted[name] for name in ("done", "skipped", "failed", "pending")}
    done = [pk for pk, outcome in items if outcome == "done"]
    audited = AuditItem.objects.filter(entry__verb=job.verb, outcome="done").values_list("target", flat=True)
    assert sorted(audited) == sorted(done)
    return done


@pytest.mark.usefixtures("guard", "impatience")
def test_killed_workers_lose_nothing_and_do_nothing_twice(operator: User) -> None:
    event = make_event()
    for number in range(RUNS):
        make_run(status="failed" if number % 2 else "queued", event=event)
    cancel = confirmed(job_of(operator, state=["queued"]), operator)
    replay = confirmed(replay_job(operator), operator)
    workers = [started(sweep_and_work), started(sweep_and_work)]
    engine = started(lease_and_complete)
    try:
        deaths = kill_at_random(workers, Random(4))  # noqa: S311 - instants, no secret
    finally:
        for process in (*workers, engine):
            killed(process)
    assert deaths > 2
    cancelled = truth_of(cancel)
    assert set(Run.objects.filter(status="cancelled").values_list("pk", flat=True)) == set(cancelled)
    origins = truth_of(replay)
    made = set(JobItem.objects.filter(job=replay, outcome="done").values_list("result", flat=True))
    assert len(origins) == len(made) == replay.total
    assert set(Replay.objects.values_list("run", flat=True)) == made
    assert Run.objects.count() == RUNS + len(made)
    assert list(Walk().faults()) == []
