"""“May use the console” is one question, and every door asks it: pages, API, commands, jobs."""

from io import StringIO

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.test import Client

from ops.access.actors import Actor
from ops.access.models import User
from ops.audit.models import AuditEntry
from ops.jobs import submit, worker
from ops.jobs.models import Job
from ops.operations.operation import get_operation
from ops.platform.errors import InvalidInput
from runs.models import Run
from tests.api.conftest import make_token, signed_in, with_token
from tests.factories import make_run

pytestmark = pytest.mark.django_db
WHY = {"reason": "broken deploy"}


@pytest.fixture
def run() -> Run:
    return make_run()


def keep_out(user: User) -> User:
    """As an admin does who clears “May use the console”."""
    User.objects.filter(pk=user.pk).update(is_staff=False)
    return User.objects.get(pk=user.pk)


def is_queued(run: Run) -> bool:
    return Run.objects.filter(pk=run.pk, status="queued").exists()


def test_a_token_ends_with_it(operator: User, run: Run) -> None:
    caller = with_token(make_token(operator))
    keep_out(operator)
    caller.post(f"/api/runs/{run.pk}/cancel", WHY)
    assert caller.status == 401
    assert is_queued(run)


def test_a_token_is_not_made_for_people_without_it(operator: User) -> None:
    with pytest.raises(InvalidInput, match="may not use the console"):
        make_token(keep_out(operator))


def test_a_session_ends_with_it(operator: User, run: Run) -> None:
    caller, browser = signed_in(operator), Client()
    browser.force_login(operator)
    keep_out(operator)
    caller.post(f"/api/runs/{run.pk}/cancel", WHY)
    assert caller.status == 401
    assert browser.get("/runs").headers["Location"].startswith("/login")
    assert browser.get("/admin/").headers["Location"].startswith("/login")
    assert is_queued(run)


def test_the_command_refuses_such_an_actor_and_says_so_in_the_log(operator: User, run: Run) -> None:
    keep_out(operator)
    with pytest.raises(CommandError, match="may not use the console") as caught:
        call_command("operate", "runs.cancel", run.pk, actor="olga", reason="why", stdout=StringIO())
    assert caught.value.returncode == 2
    assert is_queued(run)
    entry = AuditEntry.objects.get(verb="runs.cancel")
    assert (entry.outcome, entry.actor) == ("refused", "olga")
    assert entry.parameters_value["why"] == "may not use the console"


@pytest.mark.parametrize("column", ["is_staff", "is_active"])
def test_no_verb_runs_for_such_a_person_not_even_a_superuser(db: None, run: Run, column: str) -> None:
    root = User.objects.create_superuser("root", password="demo")
    setattr(root, column, False)
    with pytest.raises(PermissionDenied):
        get_operation("runs.cancel")([run.pk], actor=Actor(user=root, door="page"), reason="why")
    assert is_queued(run)


def test_a_job_of_such_a_person_changes_nothing_more(operator: User, run: Run) -> None:
    actor = Actor(user=operator, door="page")
    job = submit.given("runs.cancel", [run.pk], actor=actor)
    worker.work(job.pk, seconds=5)
    submit.confirm(job.pk, actor=actor, reason="why")
    keep_out(operator)
    worker.work(job.pk, seconds=5)
    assert is_queued(run)
    assert "may not use the console" in Job.objects.get(pk=job.pk).explanation


def test_the_list_of_tokens_says_so(client: Client, operator: User, admin: User) -> None:
    make_token(operator)
    keep_out(operator)
    client.force_login(admin)
    assert "No: its owner may not use the console" in client.get("/admin/ops/apitoken/").content.decode()
