"""A job has one place in the audit log's list, and all its entries are there for whoever opens it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client

from ops.access.actors import Actor
from ops.access.models import User
from ops.audit.chain import Walk
from ops.audit.models import AuditEntry
from ops.audit.triggers import protect, unprotect
from ops.jobs import lifecycle, worker
from ops.jobs.models import Job
from ops.operations.operation import get_operation
from tests.api.conftest import signed_in
from tests.factories import make_event, make_run
from tests.ops.jobs.test_job import by, failed_runs, job_of, replay_job, start, work
from tests.ops.test_audit_pages import numbers
from tests.people import enter

pytestmark = pytest.mark.django_db


@pytest.fixture
def olga(client: Client, operator: User) -> Client:
    """The operator's browser."""
    return enter(client, operator)


@pytest.fixture
def job(operator: User, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A cancel of ten runs in chunks of two, between two entries of something else."""
    monkeypatch.setattr(worker, "LARGEST", {"postgresql": 2, "sqlite": 2})
    monkeypatch.setattr(worker, "LONGEST", {"postgresql": 60.0, "sqlite": 60.0})
    event = make_event()
    runs = [make_run(event=event) for _ in range(12)]
    cancel(operator, runs[0].pk)
    found = work(job_of(operator, state=["queued"]))
    cancel(operator, runs[1].pk)
    return start(found, operator)


def cancel(user: User, pk: str) -> None:
    get_operation("runs.cancel")([pk], actor=Actor(user=user, door="page"), reason="one by one")


def rows(client: Client, query: str = "") -> list[tuple[int, int]]:
    """Number, and how many entries it stands for, of each row."""
    found = client.get(f"/audit{query}").context["cl"].result_list
    return [(entry.pk, entry.entries) for entry in found if not entry.verb.startswith("auth.")]


def test_the_entries_of_a_job_are_one_row_in_the_place_of_the_first(olga: Client, job: Job) -> None:
    made = AuditEntry.objects.get(verb="jobs.create")
    entries = AuditEntry.objects.filter(job=job.pk).count()
    assert entries == 2 + 6
    assert [row for row in rows(olga) if row[1] > 1] == [(made.pk, entries)]
    assert len(rows(olga)) == 3
    assert numbers(olga) == sorted(numbers(olga), reverse=True)
    told = olga.get("/audit").content.decode()
    assert f"job {job.pk} · 8 entries" in told
    assert f'href="/audit?job={job.pk}"' in told


def test_opened_it_shows_each_entry_and_what_was_filtered_stays(olga: Client, job: Job) -> None:
    entries = list(AuditEntry.objects.filter(job=job.pk).order_by("-id").values_list("pk", flat=True))
    assert numbers(olga, f"?job={job.pk}") == entries
    assert rows(olga, "?verb=runs.cancel")[0][1] == 1
    assert sorted(count for _, count in rows(olga, "?verb=runs.cancel")) == [1, 1, 6]
    page = olga.get("/audit?verb=runs.cancel").content.decode()
    assert f"/audit?verb=runs.cancel&amp;job={job.pk}" in page
    assert len(numbers(olga, f"?verb=runs.cancel&job={job.pk}")) == 6


def test_of_a_job_with_one_entry_that_matches_that_entry_is_shown(olga: Client, job: Job) -> None:
    target = job.items.earliest("position").target
    entry = AuditEntry.objects.get(job=job.pk, items__target=target)
    assert rows(olga, f"?run={target}") == [(entry.pk, 1)]


def test_it_is_shown_one_by_one_for_whoever_wants_that(olga: Client, job: Job) -> None:
    assert numbers(olga, "?group=none") == list(range(AuditEntry.objects.count(), 0, -1))
    assert olga.get("/audit?group=odd").status_code == 400
    assert olga.get("/audit?job=x").status_code == 400


def test_the_api_tells_the_same(operator: User, job: Job) -> None:
    caller = signed_in(operator)
    listed = [row for row in caller.get("/api/audit")["results"] if not row["verb"].startswith("auth.")]
    assert [(row["job"], row["entries"]) for row in listed if row["job"]] == [(job.pk, 8)]
    (folded,) = [row for row in listed if row["job"]]
    assert folded["links"]["entries"] == f"/api/audit?job={job.pk}"
    opened = caller.walk(f"{folded['links']['entries']}&limit=3")
    assert {row["job"] for row in opened} == {job.pk}
    assert len(opened) == 8
    oldest = caller.walk("/api/audit?order=oldest&limit=1")
    newest = caller.walk("/api/audit?limit=1")
    assert oldest[::-1] == newest


def test_pages_of_many_jobs_take_as_many_queries_as_of_one(
    olga: Client, operator: User, django_assert_max_num_queries: Any
) -> None:
    for count in (1, 55):
        for _ in range(count):
            work(job_of(operator, everything=True))
            lifecycle.stop(Job.objects.latest("pk").pk, actor=by(operator))
        with django_assert_max_num_queries(11):
            assert len(rows(olga, "?actor=olga")) <= 50


def test_an_entry_that_was_hidden_in_another_job_is_found(operator: User, job: Job) -> None:
    assert list(Walk().faults()) == []
    unprotect(connection)
    AuditEntry.objects.filter(verb="runs.cancel", job=None).update(job=job.pk)
    protect(connection)
    assert {fault.text for fault in Walk().faults()} == {"was changed or inserted"}


@pytest.mark.parametrize(("feed", "entries"), [(2.0, 2), (50.0, 1)])
def test_a_slow_replay_writes_no_entry_for_each_run(operator: User, feed: float, entries: int) -> None:
    failed_runs(30)
    job = work(replay_job(operator, feed=feed))
    lifecycle.confirm(job.pk, actor=by(operator), reason="slowly")
    owner = "a worker that needs no sleep"
    Job.objects.filter(pk=job.pk).update(lease_owner=owner)
    while (rest := worker.turn(job.pk, owner)) is not None:
        assert rest <= 5.0
        # As if it had rested.
        Job.objects.filter(pk=job.pk).update(worked_at=F("worked_at") - timedelta(seconds=rest))
    written = AuditEntry.objects.filter(verb="runs.replay")
    assert [entry.counts_value["done"] for entry in written.order_by("id")] == {
        2.0: [20, 10],
        50.0: [30],
    }[feed]
    assert written.count() == entries
