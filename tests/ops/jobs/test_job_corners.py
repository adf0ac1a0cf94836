"""What else can happen to a job: each has a clear answer, and nothing is half done."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier
from time import sleep
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from functions.models import Function
from ops.access.models import User
from ops.audit.chain import Walk
from ops.audit.models import AuditEntry, AuditItem
from ops.health.measurements import keep, measure_worker
from ops.jobs import leasing, lifecycle, tasks, worker
from ops.jobs.models import Job, JobItem
from ops.jobs.preview import preview
from ops.platform.errors import StateConflict
from runs.models import Run
from tests.engine.databases import connect
from tests.factories import make_event, make_function, make_run
from tests.ops.jobs.test_job import by, job_of, replay_job, start, work

pytestmark = pytest.mark.django_db
NOBODY = "01900000-0000-7000-8000-000000000000"
REFUSE = """
CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$
"""
POISON = {
    "postgresql": """
CREATE TRIGGER poison BEFORE UPDATE ON function_runs FOR EACH ROW
WHEN (NEW.function_id = 'poison') EXECUTE FUNCTION public.refuse()
""",
    "sqlite": """
CREATE TRIGGER poison BEFORE UPDATE ON function_runs
WHEN NEW.function_id = 'poison' BEGIN SELECT RAISE(ABORT, 'no'); END
""",
}


def queued(count: int, function_id: str = "charge-card") -> list[str]:
    event = make_event()
    return [make_run(function_id, event=event).pk for _ in range(count)]


def running(user: User, **data: Any) -> Job:
    """A job that was confirmed and that nobody works on yet."""
    job = work(job_of(user, **(data or {"state": ["queued"]})))
    return lifecycle.confirm(job.pk, actor=by(user), reason="x", typed=str(job.total))


def expire(job: Job) -> None:
    """As if its lease had run out."""
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def cancelled() -> int:
    return Run.objects.filter(status="cancelled").count()


@pytest.fixture
def poison(db: None) -> None:
    """Runs of the function `poison` that the database refuses to change."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(REFUSE)
        cursor.execute(POISON[connection.vendor])


# -- what people do


def test_a_forged_select_across_makes_no_job(client: Client, operator: User) -> None:
    client.force_login(operator)
    queued(1)
    for fields in ({"filter": "select_across=1"}, {"filter": "", "select_across": "1"}):
        answer = client.post("/ops/jobs/create", {"verb": "runs.cancel", **fields})
        assert answer.status_code == 409
    assert not Job.objects.exists()


def test_what_was_confirmed_is_the_frozen_list_whatever_filter_comes_with_it(
    client: Client, operator: User
) -> None:
    client.force_login(operator)
    queued(2)
    other = make_run("other", "running")
    job = work(job_of(operator, state=["queued"]))
    fields = {"reason": "x", "filter": "", "all": "true", "ids": other.pk}
    assert client.post(f"{job.get_absolute_url()}/confirm", fields).status_code == 303
    assert work(job).done == 2
    assert Run.objects.get(pk=other.pk).status == "running"


def test_ids_that_do_not_exist_are_skipped_and_say_so(operator: User) -> None:
    (there,) = queued(1)
    ids = [NOBODY, "no-uuid", there, there.upper()]
    job = start(lifecycle.create("runs.cancel", actor=by(operator), source="ids", ids=ids), operator)
    told = list(JobItem.objects.filter(job=job, outcome="skipped").values_list("target", "reason"))
    assert (NOBODY, "There is no run with this id.") in told
    assert ("no-uuid", "There is no run with this id.") in told
    assert job.done == cancelled() == 1


def test_a_stale_page_confirms_nothing_again(client: Client, operator: User) -> None:
    client.force_login(operator)
    queued(1)
    job = start(job_of(operator, state=["queued"]), operator)
    answer = client.post(f"{job.get_absolute_url()}/confirm", {"reason": "again"})
    assert answer.status_code == 409
    assert "is finished" in answer.content.decode()
    assert AuditEntry.objects.filter(verb="jobs.confirm").count() == 1


def test_a_definition_that_is_gone_is_a_warning_and_no_obstacle(operator: User) -> None:
    make_function()
    make_run(status="failed")
    Function.objects.all()._raw_delete("default")
    job = work(replay_job(operator))
    assert any("not registered" in text for text in preview(job).warnings)
    assert start(job, operator).done == 1


def test_a_stopped_job_goes_on_at_once_when_it_is_resumed(operator: User) -> None:
    queued(3)
    job = running(operator)
    owner = leasing.claim(job.pk, None)
    lifecycle.stop(job.pk, actor=by(operator))
    assert worker.turn(job.pk, owner) is None
    leasing.release(job.pk, owner)
    lifecycle.resume(job.pk, actor=by(operator))
    assert leasing.due() == [job.pk]
    assert work(job).done == 3


# -- tasks and workers


def test_a_doubled_task_does_nothing(operator: User) -> None:
    queued(1)
    job = running(operator)
    ticket = leasing.reserve(job.pk)
    assert leasing.reserve(job.pk) == ""
    for _ in range(2):
        tasks.work_on(job.pk, ticket)
    job.refresh_from_db()
    assert (job.state, job.done) == ("finished", 1)
    assert AuditEntry.objects.filter(verb="runs.cancel").count() == 1


def test_a_lost_task_is_sent_again_and_if_it_was_only_late_it_works_once(operator: User) -> None:
    queued(1)
    job = running(operator)
    late = leasing.reserve(job.pk)
    assert leasing.due() == []
    expire(job)
    assert leasing.due() == [job.pk]
    assert leasing.reserve(job.pk) == late
    tasks.work_on(job.pk, "queued:another")
    assert cancelled() == 0
    for _ in range(2):
        tasks.work_on(job.pk, late)
    assert AuditEntry.objects.filter(verb="runs.cancel").count() == cancelled() == 1


def test_who_lost_the_lease_notices_and_commits_nothing(operator: User) -> None:
    queued(2)
    job = running(operator)
    slow = leasing.claim(job.pk, None)
    expire(job)
    quick = leasing.claim(job.pk, None)
    assert slow != quick != ""
    assert worker.turn(job.pk, slow) is None
    assert not leasing.release(job.pk, slow)
    assert cancelled() == 0
    assert worker.turn(job.pk, quick) is None
    assert cancelled() == 2


def test_a_job_that_waits_for_a_worker_says_when_none_is_alive(client: Client, operator: User) -> None:
    client.force_login(operator)
    queued(1)
    job = running(operator)
    assert "No worker" in client.get(job.get_absolute_url()).content.decode()
    keep([measure_worker(timezone.now())], now=timezone.now())
    assert "No worker" not in client.get(job.get_absolute_url()).content.decode()


# -- the database


@pytest.mark.usefixtures("poison")
def test_one_item_that_the_database_refuses_fails_alone_and_is_audited(operator: User) -> None:
    queued(5)
    queued(1, "poison")
    queued(5)
    job = work(running(operator))
    assert (job.state, job.counts) == ("finished", {"done": 10, "skipped": 0, "failed": 1, "pending": 0})
    refused = JobItem.objects.get(job=job, outcome="failed")
    assert "The database refused it" in refused.reason
    entry = AuditEntry.objects.get(outcome="failed")
    assert (entry.verb, entry.actor, entry.parameters_value["job"]) == ("runs.cancel", "olga", job.pk)
    assert [(item.target, item.reason) for item in entry.items.all()] == [(refused.target, refused.reason)]
    assert AuditItem.objects.filter(entry__verb="runs.cancel").count() == 11
    assert list(Walk().faults()) == []


@pytest.mark.usefixtures("poison")
def test_a_job_of_which_the_database_refuses_everything_stops(operator: User) -> None:
    queued(worker.GIVE_UP + 5, "poison")
    job = work(running(operator))
    assert (job.state, job.failed, job.pending) == ("stopped", worker.GIVE_UP, 5)
    assert "20 in a row" in job.explanation
    lifecycle.resume(job.pk, actor=by(operator))
    assert work(job).failed > worker.GIVE_UP


def test_a_verb_that_is_no_longer_there_stops_its_job_with_words(operator: User) -> None:
    queued(1)
    job = running(operator)
    Job.objects.filter(pk=job.pk).update(verb="runs.explode")
    job = work(job)
    assert (job.state, job.done) == ("stopped", 0)
    assert "No operation “runs.explode”" in job.explanation


@pytest.fixture
def little_room(transactional_db: None) -> Iterator[Callable[[int], None]]:
    """Sets how many pages the file may grow by; what other tests left free in it is given back before."""

    def allow(more: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")
            pages = cursor.execute("PRAGMA page_count").fetchone()[0]
            cursor.execute(f"PRAGMA max_page_count = {pages + more:d}")

    yield allow
    allow(1_000_000)


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_a_full_disk_makes_the_job_wait_and_leaves_nothing_half_done(
    operator: User, little_room: Callable[[int], None]
) -> None:
    queued(400)
    job = running(operator)
    Job.objects.filter(pk=job.pk).update(chunk=50)
    little_room(4)
    while worker.work(job.pk, seconds=0):
        pass
    job.refresh_from_db()
    assert (job.state, job.pending > 0) == ("running", True)
    assert "full" in job.explanation
    assert job.done == cancelled() == JobItem.objects.filter(job=job, outcome="done").count()
    little_room(10_000)
    expire(job)
    job = work(job)
    assert (job.state, job.done, job.explanation) == ("finished", 400, "")


@pytest.fixture
def other(transactional_db: None) -> Iterator[Any]:
    """A PostgreSQL connection of somebody else."""
    with connect(str(connection.settings_dict["NAME"])) as found:
        found.autocommit = False
        yield found
        found.rollback()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_filter_that_times_out_stops_with_words_and_can_be_resumed(operator: User, other: Any) -> None:
    queued(3)
    job = job_of(operator, state=["queued"])
    other.execute("LOCK TABLE public.function_runs IN ACCESS EXCLUSIVE MODE")
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '200ms'")
    job = work(job)
    connection.close()
    assert (job.state, job.total) == ("stopped", 0)
    assert "longer than the database allows" in job.explanation
    other.rollback()
    lifecycle.resume(job.pk, actor=by(operator))
    job = work(job)
    assert (job.state, job.total, job.explanation) == ("ready", 3, "")


WAITING = "SELECT pid FROM pg_stat_activity WHERE %s = ANY (pg_blocking_pids(pid))"


def until_it_waits_and_end_it(blocker: int, working_on: Future[Any]) -> None:
    """End the connection that waits for the other's lock."""
    # Not asked by the other: within a transaction PostgreSQL shows the same moment again and again.
    with connect(str(connection.settings_dict["NAME"])) as observer:
        while not working_on.done():
            if found := observer.execute(WAITING, [blocker]).fetchone():
                observer.execute("SELECT pg_terminate_backend(%s)", [found[0]])
                return
            sleep(0.01)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_database_that_goes_away_makes_the_job_wait_and_go_on(operator: User, other: Any) -> None:
    queued(3)
    job = running(operator)
    other.execute("SELECT 1 FROM console.ops_audithead FOR UPDATE")
    with ThreadPoolExecutor(1) as pool:
        working_on = pool.submit(apart, partial(worker.work, job.pk, seconds=1))
        while not (found := other.execute(WAITING, [other.info.backend_pid]).fetchone()):
            assert not working_on.done()
            other.execute("SELECT pg_sleep(0.01)")
            # Else a transaction sees who was active when it first asked.
            other.execute("SELECT pg_stat_clear_snapshot()")
        other.execute("SELECT pg_terminate_backend(%s)", [found[0]])
        assert working_on.result() is False
    job.refresh_from_db()
    assert (job.state, job.done, cancelled()) == ("running", 0, 0)
    assert "continues by itself" in job.explanation
    other.rollback()
    expire(job)
    job = work(job)
    assert (job.state, job.done, job.explanation) == ("finished", 3, "")


# -- two at once


def apart(deed: Callable[[], Any]) -> Any:
    """The deed on a connection of its own; a refusal as a value."""
    try:
        return deed()
    except StateConflict as refusal:
        return refusal
    finally:
        connections.close_all()


def together(*deeds: Callable[[], Any]) -> list[Any]:
    """All at the same moment."""
    gate = Barrier(len(deeds))

    def at_once(deed: Callable[[], Any]) -> Any:
        gate.wait(10)
        return apart(deed)

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(at_once, deeds))


@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_confirm_at_once_one_is_refused(operator: User, admin: User) -> None:
    queued(1)
    for _ in range(5):
        job = work(job_of(operator, state=["queued"]))
        both = together(
            *(partial(lifecycle.confirm, job.pk, actor=by(who), reason="x") for who in (operator, admin))
        )
        refused = [one for one in both if isinstance(one, StateConflict)]
        assert len(refused) == 1
        job.refresh_from_db()
        assert f"running by {job.actor}" in str(refused[0])
        assert AuditEntry.objects.filter(verb="jobs.confirm").latest("id").actor == job.actor
        lifecycle.stop(job.pk, actor=by(operator))


@pytest.mark.django_db(transaction=True)
def test_stop_and_resume_pressed_together_leave_a_job_that_goes_on(operator: User, admin: User) -> None:
    queued(1)
    for _ in range(5):
        job = running(operator)
        stopped, resumed = together(
            partial(lifecycle.stop, job.pk, actor=by(operator)),
            partial(lifecycle.resume, job.pk, actor=by(admin)),
        )
        assert isinstance(stopped, Job)
        job.refresh_from_db()
        assert job.state == ("stopped" if isinstance(resumed, StateConflict) else "running")
        if job.state == "stopped":
            lifecycle.resume(job.pk, actor=by(admin))
        assert work(job).state == "finished"
