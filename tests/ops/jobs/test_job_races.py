"""A job beside workers that lease, complete and fail its runs, before it starts and while it runs."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from random import Random

import pytest
from django.db import connection

from ops.access.models import User
from ops.audit.chain import Walk
from ops.audit.models import AuditItem
from ops.engine import extensions
from ops.engine.simulator.servers import server_on
from ops.jobs import lifecycle, worker
from ops.jobs.models import Job, JobItem
from runs.actions.succession import BUSY
from runs.models import Run
from tests.factories import make_event, make_run
from tests.ops.jobs.test_job import by, job_of, work
from tests.runs.test_cancel_race import race

ROUNDS = 20
RUNS = 16
CHUNK = {"postgresql": 5, "sqlite": 5}
ENDED = {"completed", "failed"}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def guard(transactional_db: None) -> Iterator[None]:
    extensions.install(extensions.get("guard"), connection, str)
    yield
    extensions.remove(extensions.get("guard"), connection, str)


def workers_report(seed: int, *, leases: int) -> None:
    """Workers of the simulator lease runs and complete them, fail them, or fail them to be tried again."""
    random = Random(seed)  # noqa: S311 - an order, no secret
    server = server_on(connection, random)
    for number in range(leases):
        for run in server.lease(f"worker-{number % 3}", limit=2):
            match random.randrange(4):
                case 0:
                    server.fail(run["id"], "boom", should_retry=True)
                case 1:
                    server.fail(run["id"], "boom")
                case 2:
                    server.complete(run["id"], {"ok": True})


def truth_of(job: Job) -> None:
    """Each item says what happened to its run, and the log says it once."""
    items = list(JobItem.objects.filter(job=job).values_list("target", "outcome", "reason"))
    now = dict(Run.objects.filter(pk__in=[pk for pk, _, _ in items]).values_list("pk", "status"))
    for pk, outcome, reason in items:
        if outcome == "done":
            assert now[pk] == "cancelled"
        elif reason != BUSY:
            assert now[pk] in ENDED
            assert reason == f"Already {now[pk]}."
    counted = Counter(outcome for _, outcome, _ in items)
    assert job.counts == {name: counted[name] for name in ("done", "skipped", "failed", "pending")}
    audited = AuditItem.objects.filter(target__in=now, outcome="done").values_list("target", flat=True)
    assert sorted(audited) == sorted(pk for pk, outcome, _ in items if outcome == "done")


def untouched(ended: dict[str, object]) -> None:
    """What workers had finished before is as they left it."""
    assert dict(Run.objects.filter(pk__in=ended).values_list("pk", "ended_at")) == ended


@pytest.mark.usefixtures("guard")
def test_every_item_says_what_became_of_its_run(operator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LARGEST", CHUNK)
    monkeypatch.setattr(worker, "SHORTEST_REST", {"postgresql": 0.0, "sqlite": 0.005})
    for seed in range(ROUNDS):
        event = make_event()
        for _ in range(RUNS):
            make_run(event=event)
        job = work(job_of(operator, state=["queued", "running"]))
        workers_report(seed, leases=3)
        ended = dict(Run.objects.filter(status__in=ENDED).values_list("pk", "ended_at"))
        job = lifecycle.confirm(job.pk, actor=by(operator), reason="x", typed=str(job.total))
        race(partial(work, job), partial(workers_report, seed + 1, leases=12))
        job = work(job)
        assert job.state == "finished"
        truth_of(job)
        untouched(ended)
    assert Run.objects.filter(status__in=ENDED).exists()
    assert Run.objects.filter(status="cancelled").exists()
    assert list(Walk().faults()) == []
