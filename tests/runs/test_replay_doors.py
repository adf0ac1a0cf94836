"""runs.replay through the doors that know it only from the registry."""

import html
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from ops.access.models import User
from runs.models import Replay, Run, Step
from tests.api.conftest import signed_in
from tests.factories import make_run, make_step

pytestmark = pytest.mark.django_db
DOOR = "/ops/operate/runs.replay"


@pytest.fixture
def olga(client: Client, operator: User) -> Client:
    """The operator's browser."""
    client.force_login(operator)
    return client


@pytest.fixture
def failed() -> list[Run]:
    found = [make_run(status="failed") for _ in range(2)]
    make_step(found[0], "reserve")
    make_step(found[0], "charge", "failed", error="declined")
    return found


def keys(runs: list[Run]) -> list[str]:
    return [run.pk for run in runs]


def body_of(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def test_the_command_replays_from_the_failed_step(operator: User, failed: list[Run]) -> None:
    out = StringIO()
    call_command(
        "operate",
        "runs.replay",
        failed[0].pk,
        "--set=mode=failed-step",
        "--actor=olga",
        "--reason=fixed",
        stdout=out,
    )
    link = Replay.objects.get(origin=failed[0].pk)
    assert f"done {failed[0].pk}" in out.getvalue()
    assert link.mode == "failed-step"
    assert [step.step_id for step in Step.objects.filter(run_id=link.run)] == ["reserve"]


def test_several_are_asked_where_to_begin_but_for_no_input(olga: Client, failed: list[Run]) -> None:
    body = body_of(olga.post(DOOR, {"ids": keys(failed)}))
    assert '<select name="mode"' in body
    assert 'name="input"' not in body
    assert 'name="input"' in body_of(olga.post(DOOR, {"ids": keys(failed)[:1]}))


def test_the_confirmation_warns_of_what_a_person_should_know(olga: Client, failed: list[Run]) -> None:
    body = body_of(olga.post(DOOR, {"ids": keys(failed)}))
    assert "2 of 2 name a function that is not registered" in body
    assert "1 of 2 have no stored steps" in body


def test_several_are_replayed_from_the_page(olga: Client, failed: list[Run]) -> None:
    fields = {"ids": keys(failed), "confirm": "1", "reason": "fixed", "mode": "failed-step"}
    assert olga.post(DOOR, fields).status_code == 303
    assert set(Replay.objects.values_list("origin", "mode")) == {(pk, "failed-step") for pk in keys(failed)}


@pytest.mark.parametrize("address", ["/api/runs/replay", "/api/runs/bulk-replay"])
def test_an_input_for_several_is_refused_by_the_api(operator: User, failed: list[Run], address: str) -> None:
    caller = signed_in(operator)
    told = caller.post(address, {"ids": keys(failed), "input": "{}", "reason": "fixed"})
    assert (caller.status, list(told["error"]["fields"])) == (400, ["input"])
    assert not Replay.objects.exists()


def test_an_input_beyond_the_engine_is_refused_at_every_door(
    operator: User, olga: Client, failed: list[Run]
) -> None:
    caller, [run, _], text = signed_in(operator), failed, '\n{"total": 1e999}'
    told = caller.post(f"/api/runs/{run.pk}/replay", {"input": text, "reason": "fixed"})
    assert (caller.status, told["error"]["fields"]["input"]) == (
        400,
        "A number beyond those that the engine can read in line 2, column 11.",
    )
    with pytest.raises(CommandError, match="line 2, column 11"):
        call_command("operate", "runs.replay", run.pk, f"--set=input={text}", "--actor=olga", "--reason=x")
    fields = {"ids": run.pk, "confirm": "1", "reason": "x", "mode": "start", "input": text}
    for address in (DOOR, f"/runs/{run.pk}/replay"):
        answer = olga.post(address, fields)
        assert answer.status_code == 400
        assert "line 2, column 11" in body_of(answer)
    assert not Replay.objects.exists()
