"""What a verb finds busy is tried once more when the others are done; then it has failed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from django.db import connection

from ops.access.models import User
from ops.audit.chain import Walk
from ops.audit.log import Change
from ops.audit.models import AuditEntry, AuditItem
from ops.jobs import leasing, lifecycle, throttle, worker
from ops.jobs.models import Job, JobItem
from ops.jobs.progress import TRIED_AGAIN
from ops.operations import operation as registry
from ops.operations.operation import get_operation
from ops.platform.errors import StateConflict
from runs.actions.succession import BUSY
from runs.models import Run
from tests.engine.databases import connect
from tests.factories import make_event, make_run
from tests.ops.jobs.test_job import by, job_of, work

pytestmark = pytest.mark.django_db
ITEMS = 9


class Door:
    """What the verb below finds: how often each id is still busy, and how often it was asked for."""

    def __init__(self) -> None:
        self.busy: dict[str, int] = {}
        self.asked: list[str] = []

    def knock(self, pk: str) -> Change:
        self.asked.append(pk)
        if self.busy.get(pk, 0):
            self.busy[pk] -= 1
            return Change(pk, "failed", BUSY, again=True)
        return Change(pk, "done")


@pytest.fixture
def door(db: None, monkeypatch: pytest.MonkeyPatch) -> Door:
    """A registered verb whose rows may be busy."""
    found = Door()
    monkeypatch.setattr(registry, "_registry", dict(registry._registry))
    monkeypatch.setattr(worker, "SECOND_TRY_AFTER", 0.01)
    monkeypatch.setattr(worker, "LARGEST", {"postgresql": 3, "sqlite": 3})
    monkeypatch.setattr(worker, "LONGEST", {"postgresql": 60.0, "sqlite": 60.0})

    @registry.operation(
        "runs.knock",
        label="Knock at runs",
        past="asked",
        permission="runs.cancel_run",
        role="Operator",
        model="runs.run",
        forecast=lambda state: ("done", ""),
        final="Nothing.",
    )
    def knock(keys: Sequence[str]) -> Mapping[str, Change]:
        return {key: found.knock(key) for key in keys}

    return found


@pytest.fixture
def job(operator: User, door: Door) -> Job:
    """Confirmed, over nine runs."""
    event = make_event()
    ids = [make_run(event=event).pk for _ in range(ITEMS)]
    found = work(lifecycle.create("runs.knock", actor=by(operator), source="nine", ids=ids))
    return lifecycle.confirm(found.pk, actor=by(operator), reason="x")


def targets(job: Job, *positions: int) -> list[str]:
    found = dict(JobItem.objects.filter(job=job).values_list("position", "target"))
    return [found[position] for position in positions]


def outcomes(job: Job) -> dict[int, str]:
    return dict(JobItem.objects.filter(job=job).values_list("position", "outcome"))


def test_what_was_busy_at_first_is_done_in_the_end(job: Job, door: Door) -> None:
    busy = targets(job, 2, 5, 9)
    door.busy = dict.fromkeys(busy, 1)
    job = work(job)
    assert (job.state, job.counts) == ("finished", {"done": 9, "skipped": 0, "failed": 0, "pending": 0})
    assert set(outcomes(job).values()) == {"done"}
    assert door.asked[ITEMS:] == busy
    assert len(door.asked) == ITEMS + 3
    told = AuditItem.objects.filter(entry__job=job.pk, target=busy[0]).order_by("entry")
    assert list(told.values_list("outcome", flat=True)) == ["failed", "done"]
    assert list(Walk().faults()) == []


def test_what_stays_busy_has_failed_and_is_retried(job: Job, door: Door, operator: User) -> None:
    (busy,) = targets(job, 4)
    door.busy = {busy: 2}
    job = work(job)
    assert (job.state, job.counts) == ("finished", {"done": 8, "skipped": 0, "failed": 1, "pending": 0})
    assert JobItem.objects.get(job=job, outcome="failed").reason == BUSY
    again = work(lifecycle.retry_failed(job.pk, actor=by(operator)))
    lifecycle.confirm(again.pk, actor=by(operator), reason="once more")
    again = work(again)
    assert list(JobItem.objects.filter(job=again).values_list("target", "outcome")) == [(busy, "done")]


def test_until_then_it_is_pending_and_says_so(job: Job, door: Door, operator: User) -> None:
    door.busy = dict.fromkeys(targets(job, 1, 2, 3), 1)
    owner = leasing.claim(job.pk, None)
    rests = [worker.turn(job.pk, owner) for _ in range(3)]
    job.refresh_from_db()
    assert (job.state, job.cursor, job.counts) == (
        "running",
        9,
        {"done": 6, "skipped": 0, "failed": 0, "pending": 3},
    )
    assert rests[-1] is not None
    assert rests[-1] >= worker.SECOND_TRY_AFTER
    assert set(JobItem.objects.filter(job=job, position__lte=3).values_list("reason", flat=True)) == {
        TRIED_AGAIN
    }
    leasing.release(job.pk, owner)
    lifecycle.stop(job.pk, actor=by(operator))
    with pytest.raises(StateConflict, match="No item"):
        lifecycle.retry_failed(job.pk, actor=by(operator))
    lifecycle.resume(job.pk, actor=by(operator))
    assert work(job).counts == {"done": 9, "skipped": 0, "failed": 0, "pending": 0}


def test_a_worker_killed_between_the_passes_costs_nothing(
    job: Job, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = targets(job, 1, 4, 6, 8)
    door.busy = dict.fromkeys(busy, 1)
    monkeypatch.setattr(worker, "LARGEST", {"postgresql": 2, "sqlite": 2})
    turns = 0
    while not work_and_die(job):
        turns += 1
    job.refresh_from_db()
    assert (turns, job.counts) == (6, {"done": 9, "skipped": 0, "failed": 0, "pending": 0})
    assert door.asked[ITEMS:] == busy


def work_and_die(job: Job) -> bool:
    """One chunk by a worker of which nothing is heard again; True once the job has ended."""
    Job.objects.filter(pk=job.pk).update(lease_owner="", lease_until=None)
    return worker.turn(job.pk, leasing.claim(job.pk, None)) is None


def test_a_rate_counts_what_was_made_and_not_what_was_tried(job: Job, door: Door) -> None:
    Job.objects.filter(pk=job.pk).update(feed=0.4)
    door.busy = dict.fromkeys(targets(job, 1, 2), 1)
    owner = leasing.claim(job.pk, None)
    worker.turn(job.pk, owner)
    job.refresh_from_db()
    assert (job.cursor, job.settled) == (3, 1)
    assert throttle.allowance(job) == 3


def test_a_single_call_says_that_it_failed_and_may_be_tried_again(operator: User, door: Door) -> None:
    run = make_run()
    door.busy = {run.pk: 1}
    result = get_operation("runs.knock")([run.pk], actor=by(operator), reason="x")
    assert result.counts == {"requested": 1, "done": 0, "skipped": 0, "failed": 1}
    assert AuditEntry.objects.latest("id").items.get().reason == BUSY


@pytest.fixture
def engine(transactional_db: None) -> Iterator[Callable[[str], Any]]:
    """Keeps the row of a run locked, as the engine does while it changes it; without one it lets go."""
    with connect(str(connection.settings_dict["NAME"])) as other:
        other.autocommit = False

        def hold(pk: str = "") -> None:
            other.rollback()
            if pk:
                other.execute("SELECT 1 FROM public.function_runs WHERE id = %s FOR UPDATE", [pk])

        yield hold
        other.rollback()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("then", ["released", "held"])
def test_a_run_that_the_engine_holds_is_cancelled_in_the_second_try_or_can_be_retried(
    operator: User, engine: Callable[..., None], then: str
) -> None:
    event = make_event()
    runs = [make_run(event=event).pk for _ in range(3)]
    job = work(job_of(operator, state=["queued"]))
    lifecycle.confirm(job.pk, actor=by(operator), reason="x")
    engine(runs[1])
    owner = leasing.claim(job.pk, None)
    worker.turn(job.pk, owner)
    leasing.release(job.pk, owner)
    if then == "released":
        engine()
    job = work(job)
    counts = {"done": 3, "failed": 0} if then == "released" else {"done": 2, "failed": 1}
    assert (job.state, job.counts) == ("finished", counts | {"skipped": 0, "pending": 0})
    engine()
    if then == "held":
        assert work(lifecycle.retry_failed(job.pk, actor=by(operator))).total == 1
    assert Run.objects.filter(status="cancelled").count() == counts["done"]
