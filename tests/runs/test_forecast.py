"""What is foretold of a verb is what it does: for every state and parameter, with and without the guard."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ops.access.actors import Actor
from ops.access.models import User
from ops.engine import extensions
from ops.engine.statuses import HOLDER
from ops.jobs import lifecycle, submit
from ops.jobs.preview import Expectation, preview
from ops.operations.operation import get_operation
from runs.actions.succession import TAKEN
from runs.models import Run
from runs.states import State
from tests.factories import make_event, make_run
from tests.ops.jobs.test_job import by, failed_runs, job_of, replay_job, start, work
from tests.people import enter

pytestmark = pytest.mark.django_db
FAR = datetime(9000, 1, 1, tzinfo=UTC)


def run_in(state: str) -> Run:
    match state:
        case State.HELD:
            return make_run(status="running", locked_by=HOLDER, locked_until=FAR)
        case State.STUCK:
            return make_run(status="running", locked_until=timezone.now() - timedelta(hours=1))
    return make_run(status=state)


@pytest.fixture(params=["", "guard"])
def guard(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[None]:
    names = [request.param] if request.param else []
    for name in names:
        extensions.install(extensions.get(name), connection, str)
    yield
    for name in names:
        extensions.remove(extensions.get(name), connection, str)


PARAMETERS: list[tuple[str, dict[str, Any]]] = [
    ("runs.cancel", {"only_queued": False}),
    ("runs.cancel", {"only_queued": True}),
    ("runs.replay", {"mode": "start"}),
]


@pytest.mark.usefixtures("guard")
@pytest.mark.parametrize(("verb", "parameters"), PARAMETERS)
def test_the_forecast_is_what_the_verb_does_to_a_run_in_each_state(
    operator: User, verb: str, parameters: dict[str, Any]
) -> None:
    ids = [run_in(state).pk for state in State] + ["01900000-0000-7000-8000-000000000000"]
    operation = get_operation(verb)
    foretold = [(one.target, one.outcome, one.reason) for one in operation.preview(ids, parameters)]
    result = operation(ids, actor=Actor(user=operator, door="page"), reason="x", parameters=parameters)
    assert [(one.target, one.outcome, one.reason) for one in result.changes] == foretold


def test_a_held_run_is_no_workers_and_a_stuck_ones_lease_has_run_out(operator: User) -> None:
    held, stuck = run_in("held"), run_in("stuck")
    cancel = get_operation("runs.cancel")
    told = [(one.outcome, one.reason) for one in cancel.preview([held.pk, stuck.pk], {"only_queued": True})]
    assert told == [("done", ""), ("skipped", TAKEN)]
    assert "lease has run out" in cancel.preview([stuck.pk])[0].reason


@pytest.mark.parametrize("status", ["running", "queued", "failed"])
def test_a_preview_asks_the_same_number_of_queries_for_many_as_for_one(operator: User, status: str) -> None:
    event = make_event()
    ids = [make_run(status=status, event=event).pk for _ in range(30)]
    for verb in ("runs.cancel", "runs.replay"):
        counted = []
        for some in (ids[:1], ids):
            with CaptureQueriesContext(
                connection,
            ) as asked:
                get_operation(verb).preview(some)
            counted.append(len(asked))
        assert counted[0] == counted[1]


def test_the_preview_of_an_undo_says_what_will_be_left_alone(operator: User) -> None:
    failed_runs(6)
    job = start(replay_job(operator), operator)
    made = list(Run.objects.filter(status="queued").values_list("pk", flat=True))
    Run.objects.filter(pk__in=made[:3]).update(status="running", locked_by="worker-1", attempt=1)
    undo = work(lifecycle.undo(job.pk, actor=by(operator)))
    assert set(preview(undo).expected) == {Expectation("done", "", 3), Expectation("skipped", TAKEN, 3)}
    assert preview(undo).done == 3


def test_a_job_with_nothing_to_do_asks_for_nothing(client: Client, operator: User) -> None:
    event = make_event()
    for _ in range(101):
        make_run(status="completed", event=event)
    job = work(job_of(operator, everything=True))
    body = enter(client, operator).get(job.get_absolute_url()).content.decode()
    assert "There is nothing to do" in body
    assert 'id="do"' not in body
    assert 'name="number"' not in body
    assert 'name="reason"' not in body
    assert 'name="only_queued"' not in body


def test_what_its_parameters_leave_out_can_be_taken_in_again(client: Client, operator: User) -> None:
    make_run(status="running")
    about: dict[str, Any] = {"everything": True, "parameters": {"only_queued": True}}
    job = work(submit.matching("runs.cancel", QueryDict(), actor=by(operator), **about))
    olga = enter(client, operator)
    assert 'name="only_queued"' in olga.get(job.get_absolute_url()).content.decode()
    page = olga.post(f"{job.get_absolute_url()}/confirm", {"settings": "1", "preview": "1"}).content.decode()
    assert 'id="do"' in page


def test_a_job_names_how_many_of_its_items_it_will_act_on(client: Client, operator: User) -> None:
    event = make_event()
    for status in ("queued", "completed", "completed"):
        make_run(status=status, event=event)
    job = work(job_of(operator, everything=True))
    body = " ".join(enter(client, operator).get(job.get_absolute_url()).content.decode().split())
    assert "Cancel 1 of 3 </button>" in body


def test_the_preview_heeds_the_parameters_that_were_chosen_and_changes_nothing(
    client: Client, operator: User
) -> None:
    event = make_event()
    ids = [make_run(status=status, event=event).pk for status in ("queued", "running")]
    olga = enter(client, operator)
    chosen = {"preview": "1", "reason": "because", "only_queued": "on"}
    page = olga.post("/ops/operate/runs.cancel", {"ids": ids, "confirm": "1", **chosen}).content.decode()
    assert "Cancel 1 run<" in page
    assert "1 will be skipped: A worker has taken it." in page
    assert ">because</textarea>" in page.replace("\n", "")
    job = work(job_of(operator, everything=True))
    confirm = f"{job.get_absolute_url()}/confirm"
    page = olga.post(confirm, {"settings": "1", **chosen}).content.decode()
    assert "<b>1</b> will be skipped: A worker has taken it." in page
    assert ">because</textarea>" in page
    assert not Run.objects.filter(status="cancelled").exists()
    job.refresh_from_db()
    assert (job.state, job.parameters_value) == ("ready", {"only_queued": False})
