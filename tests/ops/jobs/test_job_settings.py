"""What a person sets when confirming a job: rate and brake, and the verb's own parameters."""

import html
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from ops.access.models import User
from ops.audit.models import AuditEntry
from ops.jobs import lifecycle, throttle
from ops.jobs.models import Job
from ops.operations.targets import get_target
from runs.models import Replay
from tests.api.conftest import signed_in
from tests.factories import make_event, make_run
from tests.ops.jobs.test_job import by, job_of, start, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def olga(client: Client, operator: User) -> Client:
    """The operator's browser."""
    client.force_login(operator)
    return client


@pytest.fixture
def job(operator: User) -> Job:
    """A ready replay of three failed runs."""
    event = make_event()
    for _ in range(3):
        make_run(status="failed", event=event)
    matching = get_target("runs.run").frozen({"state": ["failed"]}, everything=False)
    return work(lifecycle.create("runs.replay", actor=by(operator), source="failed", matching=matching))


def confirmed(client: Client, job: Job, **fields: Any) -> Any:
    answer = client.post(f"{job.get_absolute_url()}/confirm", {"reason": "fixed", **fields})
    job.refresh_from_db()
    return answer


def test_a_replay_is_fed_at_a_rate_from_the_beginning(job: Job) -> None:
    assert (job.feed, job.brake) == (50.0, None)


def test_the_confirmation_asks_for_rate_brake_and_where_to_begin(olga: Client, job: Job) -> None:
    body = olga.get(job.get_absolute_url()).content.decode()
    assert 'name="feed" value="50"' in body
    assert 'name="brake"' in body
    assert '<select name="mode"' in body
    assert 'name="input"' not in body


def test_what_was_set_is_what_the_job_does(olga: Client, job: Job) -> None:
    confirmed(olga, job, settings="1", feed="200", brake="10", mode="failed-step")
    assert (job.state, job.feed, job.brake) == ("running", 200.0, 10)
    work(job)
    assert set(Replay.objects.values_list("mode", flat=True)) == {"failed-step"}
    told = AuditEntry.objects.get(verb="jobs.confirm").parameters
    assert '"brake":10' in str(told)


def test_an_emptied_rate_is_none_and_a_confirmation_without_settings_keeps_them(
    olga: Client, job: Job
) -> None:
    confirmed(olga, job)
    assert job.feed == 50.0
    Job.objects.filter(pk=job.pk).update(state="ready")
    confirmed(olga, job, settings="1", feed="", mode="start")
    assert job.feed is None


def test_rate_and_brake_are_changed_while_it_runs(olga: Client, job: Job) -> None:
    assert 'id="speed"' not in olga.get(job.get_absolute_url()).content.decode()
    confirmed(olga, job)
    assert 'id="speed"' in olga.get(job.get_absolute_url()).content.decode()
    changed = olga.post(f"{job.get_absolute_url()}/pace", {"feed": "2.5", "brake": "30"})
    job.refresh_from_db()
    assert (changed.status_code, job.feed, job.brake) == (303, 2.5, 30)
    refused = olga.post(f"{job.get_absolute_url()}/pace", {"feed": "0", "brake": "30"})
    assert (refused.status_code, "feed: " in refused.content.decode()) == (409, True)


@pytest.mark.parametrize(
    ("name", "text"), [("feed", "0"), ("feed", "fast"), ("feed", "nan"), ("brake", "101"), ("mode", "odd")]
)
def test_a_setting_that_cannot_be_used_is_shown_at_its_field(
    olga: Client, job: Job, name: str, text: str
) -> None:
    answer = confirmed(olga, job, settings="1", **({"mode": "start"} | {name: text}))
    body = html.unescape(answer.content.decode())
    assert (answer.status_code, job.state) == (400, "ready")
    assert "field-error" in body[body.index(f'name="{name}"') :]


def test_a_cancel_is_asked_for_no_rate_and_an_undo_for_nothing(
    olga: Client, job: Job, operator: User
) -> None:
    make_run()
    cancel = work(job_of(operator, state=["queued"]))
    body = olga.get(cancel.get_absolute_url()).content.decode()
    assert 'name="only_queued"' in body
    assert 'name="feed"' not in body
    undo = work(lifecycle.undo(start(job, operator).pk, actor=by(operator)))
    assert 'name="settings"' not in olga.get(undo.get_absolute_url()).content.decode()
    confirmed(olga, undo, settings="1")
    assert undo.parameters_value == {"only_queued": True}


def test_the_api_sets_them_too_and_names_a_fault(operator: User, job: Job) -> None:
    caller = signed_in(operator)
    told = caller.post(f"{job.api_address}/confirm", {"reason": "fixed", "feed": 0, "brake": 500})
    assert (caller.status, set(told["error"]["fields"])) == (400, {"feed", "brake"})
    told = caller.post(f"{job.api_address}/confirm", {"reason": "fixed", "feed": None, "brake": 5})
    assert (told["state"], told["feed"], told["brake"]) == ("running", None, 5)


def operate(*arguments: str) -> None:
    call_command("operate", "runs.replay", *arguments, "--actor=olga", "--reason=fixed")


def test_the_command_sets_them_too(operator: User, job: Job) -> None:
    operate("--filter=state=failed", "--rate=500", "--brake=20")
    made = Job.objects.latest("pk")
    assert (made.state, made.feed, made.brake) == ("finished", 500.0, 20)


@pytest.mark.parametrize("arguments", [["--filter=state=failed", "--brake=0"], ["some-id", "--rate=5"]])
def test_the_command_refuses_what_it_cannot_use(operator: User, job: Job, arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        operate(*arguments)
    assert Job.objects.count() == 1


MEANINGLESS = "runs.cancel makes no new runs"
OPTIONS = {"brake": "--brake=10", "feed": "--rate=5"}


@pytest.mark.parametrize("values", [{"brake": 10}, {"feed": 5.0}])
def test_a_rate_or_a_brake_is_refused_at_every_door_of_a_verb_that_makes_no_runs(
    olga: Client, operator: User, values: dict[str, float]
) -> None:
    make_run()
    job = work(job_of(operator, state=["queued"]))
    caller, (name,) = signed_in(operator), values
    for act, body in (("pace", values), ("confirm", {"reason": "x"} | values)):
        told = caller.post(f"{job.api_address}/{act}", body)
        assert (caller.status, told["error"]["fields"].keys()) == (400, {name})
        assert MEANINGLESS in told["error"]["fields"][name]
    answer = confirmed(olga, job, settings="1", **values)
    assert (answer.status_code, job.state) == (400, "ready")
    refused = olga.post(f"{job.get_absolute_url()}/pace", {"feed": "", "brake": ""} | values)
    assert (refused.status_code, MEANINGLESS in refused.content.decode()) == (409, True)
    with pytest.raises(CommandError, match=MEANINGLESS):
        call_command("operate", "runs.cancel", "--all", OPTIONS[name], "--actor=olga", "--reason=x")
    assert Job.objects.count() == 1
    caller.post(f"{job.api_address}/confirm", {"reason": "x", "feed": None, "brake": None})
    assert caller.status == 200


def test_a_brake_that_an_older_version_took_for_a_cancel_stops_nothing(
    operator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "BRAKE_EVERY", 0.0001)
    event = make_event()
    for _ in range(3):
        make_run(event=event)
    job = work(job_of(operator, state=["queued"]))
    lifecycle.confirm(job.pk, actor=by(operator), reason="x")
    Job.objects.filter(pk=job.pk).update(brake=10, chunk=1)
    job = work(job)
    assert (job.state, job.explanation, job.done) == ("finished", "", 3)
    assert get_target("runs.run").fared(job.items.all()) == (0, 0)
