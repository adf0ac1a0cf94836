"""What a person is shown before confirming a job."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ops.access.models import User
from ops.jobs import lifecycle
from ops.jobs.preview import Expectation, Share, preview
from ops.jobs.worker import work
from runs.actions.cancel import REQUESTED
from runs.models import Run
from tests.factories import make_event, make_function, make_run
from tests.ops.jobs.test_job import by, job_of, replay_job
from tests.ops.jobs.test_job import work as collect

pytestmark = pytest.mark.django_db


def test_the_preview_splits_by_what_will_happen(operator: User) -> None:
    event = make_event()
    for status in ("queued", "queued", "running", "completed"):
        make_run(status=status, event=event)
    shown = preview(collect(job_of(operator, everything=True)))
    assert shown.total == 4
    assert set(shown.expected) == {
        Expectation("done", "", 2),
        Expectation("done", REQUESTED, 1),
        Expectation("skipped", "Already completed.", 1),
    }
    assert set(shown.states) == {Share("queued", 2), Share("running", 1), Share("completed", 1)}
    assert shown.groups == [Share("charge-card", 4)]
    assert shown.ages == [Share("last hour", 4)]


def test_many_functions_are_told_as_the_largest_and_the_rest(operator: User) -> None:
    for number in range(23):
        make_run(f"function-{number:02}")
    shown = preview(collect(job_of(operator, everything=True)))
    assert (len(shown.groups), shown.groups[-1]) == (21, Share("3 others", 3))


def test_ages_are_told_from_the_youngest_to_the_oldest(operator: User) -> None:
    now = timezone.now()
    for hours in (0, 30, 30, 30, 200, 200):
        make_run(created_at=now - timedelta(hours=hours))
    ages = preview(collect(job_of(operator, everything=True))).ages
    assert ages == [Share("last hour", 1), Share("last week", 3), Share("older", 2)]


def test_ids_that_no_run_has_are_shown_as_skipped(operator: User) -> None:
    job = lifecycle.create("runs.cancel", actor=by(operator), source="ids", ids=["nonsense", make_run().pk])
    expected = preview(collect(job)).expected
    assert Expectation("skipped", "There is no run with this id.", 1) in expected


def test_the_preview_says_what_changed_since_freezing(operator: User) -> None:
    event = make_event()
    ended, taken, _ = (make_run(event=event) for _ in range(3))
    job = collect(job_of(operator, state=["queued"]))
    assert preview(job).changed == []
    Run.objects.filter(pk=ended.pk).update(status="completed")
    Run.objects.filter(pk=taken.pk).update(status="running")
    assert preview(job).changed == [
        "1 of 3 have ended.",
        "1 of 3 were taken by a worker.",
    ]


def test_a_replay_warns_of_what_a_person_may_not_know(operator: User) -> None:
    make_function("charge-card")
    event = make_event()
    make_run(status="failed", event=event)
    make_run(status="completed", event=event)
    make_run("legacy-export", status="failed")
    told = " ".join(preview(collect(replay_job(operator))).warnings)
    assert "1 of 2 name a function that is not registered (legacy-export)" in told
    assert "1 of 2 were recovered by a later run" in told
    assert "2 of 2 have no stored steps" in told


def test_a_job_in_the_middle_is_previewed_from_its_cursor_on(operator: User) -> None:
    make_run()
    job = collect(job_of(operator, state=["queued"]))
    lifecycle.confirm(job.pk, actor=by(operator), reason="x")
    work(job.pk, seconds=1)
    job.refresh_from_db()
    assert preview(job).changed == []
