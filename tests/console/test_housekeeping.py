"""Housekeeping removes what is too old, in small pieces, and nothing else."""

import logging
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from kombu import Connection

from console import housekeeping, tasks
from ops.access.actors import Actor
from ops.access.models import User
from ops.api.idempotency import KnownRequest
from ops.jobs import drafts, submit
from ops.jobs.models import Job, JobItem
from ops.models import AuditEntry, AuditItem
from tests.factories import make_run
from tests.people import enter

pytestmark = pytest.mark.django_db(transaction=True)


def removed() -> dict[str, int]:
    """What one run removes, without what it doesn't."""
    found, complete = housekeeping.clean_up()
    assert complete
    return {name: count for name, count in found.items() if count}


def aged(days: float) -> Any:
    return timezone.now() - timedelta(days=days)


def answers(count: int, *, days: float) -> None:
    KnownRequest.objects.bulk_create(
        KnownRequest(user_id=1, key=f"{days} {number}", digest="", created_at=aged(days))
        for number in range(count)
    )


def discarded_draft(operator: User, *, days: float) -> Job:
    """A job of three runs, discarded that long ago."""
    actor = Actor(user=operator, door="page")
    job = submit.given("runs.cancel", [str(make_run().pk) for _ in range(3)], actor=actor)
    drafts.discard(job.pk, actor=actor)
    Job.objects.filter(pk=job.pk).update(finished_at=aged(days))
    return job


def test_idempotency_answers_go_when_they_are_no_longer_given(settings: Any) -> None:
    settings.IDEMPOTENCY_HOURS = 48
    answers(3, days=2.1)
    answers(2, days=1.9)
    assert removed() == {"idempotency answers": 3}
    assert KnownRequest.objects.count() == 2
    assert removed() == {}


def test_many_rows_go_in_small_pieces() -> None:
    answers(2_100, days=2)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert removed() == {"idempotency answers": 2_100}
    deletes = [one["sql"] for one in asked if "DELETE" in one["sql"] and "knownrequest" in one["sql"]]
    assert len(deletes) >= 3


def test_a_turn_ends_in_time_and_the_next_one_goes_on() -> None:
    answers(1_500, days=2)
    found, complete = housekeeping.clean_up(seconds=0)
    assert (complete, 0 < found["idempotency answers"] <= 1_000) == (False, True)
    assert removed() == {"idempotency answers": 1_500 - found["idempotency answers"]}


def test_ended_sessions_go_and_the_others_stay(viewer: User) -> None:
    person = enter(Client(), viewer)
    Session.objects.create(session_key="old", session_data="", expire_date=aged(0.01))
    assert removed() == {"sessions": 1}
    assert person.get("/runs").status_code == 200


def test_old_login_failures_go() -> None:
    for name, days in (("old", 31), ("new", 29)):
        AccessAttempt.objects.create(username=name, ip_address="10.0.0.1", failures_since_start=1)
        AccessAttempt.objects.filter(username=name).update(attempt_time=aged(days))
    assert removed() == {"login failures": 1}
    assert AccessAttempt.objects.get().username == "new"


def test_the_list_of_a_job_that_nobody_confirmed_goes_and_the_job_stays(operator: User) -> None:
    old, new = discarded_draft(operator, days=31), discarded_draft(operator, days=29)
    entries = AuditEntry.objects.count()
    assert removed() == {"items of discarded jobs": 3}
    assert not JobItem.objects.filter(job=old).exists()
    assert JobItem.objects.filter(job=new).count() == 3
    assert (Job.objects.get(pk=old.pk).total, AuditEntry.objects.count()) == (3, entries)
    page = enter(Client(), operator).get(f"/ops/jobs/{old.pk}")
    assert page.status_code == 200
    assert "was removed" in page.content.decode()
    assert "was removed" not in enter(Client(), operator).get(f"/ops/jobs/{new.pk}").content.decode()


def test_what_a_confirmed_job_did_stays_for_good(operator: User) -> None:
    actor = Actor(user=operator, door="page")
    job = submit.given("runs.cancel", [str(make_run(status="queued").pk)], actor=actor)
    submit.confirm(job.pk, actor=actor, reason="a test")
    Job.objects.filter(pk=job.pk).update(state=Job.State.FAILED, finished_at=aged(4_000))
    before = AuditEntry.objects.count(), AuditItem.objects.count()
    assert removed() == {}
    assert JobItem.objects.filter(job=job).count() == 1
    assert (AuditEntry.objects.count(), AuditItem.objects.count()) == before


def test_the_embedded_broker_forgets_what_it_delivered_and_nothing_else(
    tmp_path: Path, settings: Any
) -> None:
    settings.CELERY_BROKER_URL = f"sqla+sqlite:///{tmp_path}/broker.sqlite3"
    with Connection(settings.CELERY_BROKER_URL) as broker, broker.SimpleQueue("celery") as queue:
        for number in range(4):
            queue.put(number)
        queue.get().ack()
        at_work = queue.get()
        assert removed() == {"delivered messages of the embedded broker": 2}
        assert removed() == {}
        at_work.requeue()
        assert sorted(queue.get().payload for _ in range(3)) == [1, 2, 3]


def test_the_command_says_what_it_removed_and_so_does_the_log(caplog: pytest.LogCaptureFixture) -> None:
    answers(2, days=2)
    said = StringIO()
    with caplog.at_level(logging.INFO):
        call_command("housekeep", stdout=said)
    assert "2 idempotency answers removed\n0 sessions removed\n" in said.getvalue()
    assert "Removed 2 idempotency answers." in caplog.text


def test_the_schedule_s_task_does_the_same(settings: Any) -> None:
    answers(2, days=2)
    tasks.clean_up()
    assert not KnownRequest.objects.exists()
    assert settings.CELERY_BEAT_SCHEDULE["housekeeping"]["task"] == tasks.clean_up.name
