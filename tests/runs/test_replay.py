"""runs.replay: what the new run is, and what it leaves alone."""

from typing import Any

import pytest
from django.db import connection

from ops.access.actors import Actor
from ops.access.models import User
from ops.audit.models import AuditEntry
from ops.engine.values import Payload
from ops.operations.operation import Result
from ops.platform.errors import InvalidInput
from runs.actions.replay import replay
from runs.models import Replay, Run, Step
from tests.factories import make_event, make_run, make_step

pytestmark = pytest.mark.django_db
WILD = Payload('{"a":1.0,"b":[null,"é\\u00e9",123456789012345678901234567890]}')


def replayed(user: User, *runs: Run, **parameters: Any) -> Result:
    return replay(
        [run.pk for run in runs],
        actor=Actor(user=user, door="page"),
        reason="fixed",
        parameters=parameters,
    )


def test_a_replay_is_a_new_queued_run_of_the_same_function_and_event(operator: User) -> None:
    old = make_run("sync-crm", "failed", error="boom", attempt=3, max_attempts=5, concurrency_key="c-1")
    result = replayed(operator, old)
    new = Run.objects.get(pk=result.changes[0].result)
    same = ("function_id", "event_id", "max_attempts", "concurrency_key")
    assert [getattr(new, name) for name in same] == [getattr(old, name) for name in same]
    assert (new.status, new.attempt, new.error, new.started_at, new.locked_by) == (
        "queued",
        0,
        None,
        None,
        None,
    )
    assert new.pk[14] == "7"


def test_the_original_keeps_every_column(operator: User) -> None:
    old = make_run(status="failed", error="boom")
    before = Run.objects.filter(pk=old.pk).values().get()
    replayed(operator, old)
    assert Run.objects.filter(pk=old.pk).values().get() == before


def test_the_input_is_copied_byte_for_byte(operator: User) -> None:
    old = make_run(status="failed", input=WILD)
    new = replayed(operator, old).changes[0].result
    texts = Run.objects.filter(pk__in=[old.pk, new]).values_list("input", flat=True)
    assert len(set(texts)) == 1


def test_origin_root_and_generation_are_kept(operator: User) -> None:
    first = make_run(status="failed")
    second = Run.objects.get(pk=replayed(operator, first).changes[0].result)
    third = replayed(operator, second).changes[0].result
    link = Replay.objects.get(pk=third)
    assert (link.origin, link.root, link.generation) == (second.pk, first.pk, 2)
    assert [row.run for row in Replay.objects.family(second.pk)] == [second.pk, third]


def test_from_the_failed_step_only_completed_steps_are_copied(operator: User) -> None:
    old = make_run(status="failed")
    make_step(old, "reserve", output=Payload("null"))
    make_step(old, "notify", output=None)
    make_step(old, "charge", "failed", error="declined")
    new = replayed(operator, old, mode="failed-step").changes[0].result
    steps = Step.objects.filter(run_id=new)
    assert {step.step_id: step.output for step in steps} == {"reserve": Payload("null"), "notify": None}
    assert not steps.filter(pk__in=Step.objects.filter(run=old).values("pk")).exists()


def test_from_the_start_no_step_is_copied(operator: User) -> None:
    old = make_run(status="failed")
    make_step(old)
    assert not Step.objects.filter(run_id=replayed(operator, old).changes[0].result).exists()


def test_an_edited_input_comes_with_an_event_of_its_own(operator: User) -> None:
    old = make_run(status="failed", event=make_event("order.placed", {"total": -1}, user_id="u-1"))
    new = Run.objects.get(pk=replayed(operator, old, input='{"total": 1}').changes[0].result)
    assert new.input is not None
    assert new.event is not None
    assert new.input.value() == new.event.data.value() == {"total": 1}
    assert (new.event.name, new.event.user_id) == ("order.placed", "u-1")
    assert new.event.idempotency_key == f"console:replay/{new.pk}"
    assert Replay.objects.get(pk=new.pk).edited


DEEP = "[" * 128 + "]" * 128
UNREADABLE = [
    ("{", "line 1, column 2"),
    ("NaN", "NaN is not JSON in line 1, column 1"),
    ("[" * 5000, "deeply.* column 128"),
    (DEEP, "deeply.* line 1, column 128"),
    ('{\n  "total": 1e999\n}', "beyond those that the engine can read in line 2, column 12"),
    ("9" * 400, "beyond those that the engine can read in line 1, column 1"),
    ("9" * 5000, "beyond those that the engine can read"),
    ("\n\n 1e200000", "line 3, column 2"),
    ('["fine", "\\ud800"]', "Half a character.* line 1, column 11"),
    ('{"\\ude00": 1}', "Half a character.* line 1, column 3"),
]


@pytest.mark.parametrize(("text", "says"), UNREADABLE)
def test_an_input_that_the_engine_cannot_read_is_refused_with_its_place(
    operator: User, text: str, says: str
) -> None:
    with pytest.raises(InvalidInput, match=says):
        replayed(operator, make_run(status="failed"), input=text)
    assert Run.objects.count() == 1


READABLE = ["[" * 127 + "]" * 127, "1e308", "0e999", "9" * 300, '"\\ud83d\\ude00"', '"\\\\u0000"', "1e-400"]


@pytest.mark.parametrize("text", READABLE)
def test_an_input_that_the_engine_can_read_is_taken(operator: User, text: str) -> None:
    assert replayed(operator, make_run(status="failed"), input=text).counts["done"] == 1


@pytest.mark.parametrize("text", ['"\\u0000"', "1e-20000", "0." + "0" * 16_400])
def test_an_input_that_only_postgresql_cannot_hold_is_refused_only_there(operator: User, text: str) -> None:
    run = make_run(status="failed")
    if connection.vendor == "sqlite":
        assert replayed(operator, run, input=text).counts["done"] == 1
        return
    with pytest.raises(InvalidInput, match=r"can't hold.* line 1, column [12]"):
        replayed(operator, run, input=text)


def test_an_edited_input_is_for_a_single_run(operator: User) -> None:
    with pytest.raises(InvalidInput, match="single id"):
        replayed(operator, make_run(), make_run(), input="{}")
    assert Run.objects.count() == 2


def test_an_unknown_id_is_skipped_and_the_rest_replayed(operator: User) -> None:
    old = make_run(status="failed")
    ids = ["01900000-0000-7000-8000-000000000000", "no-uuid", old.pk]
    result = replay(ids, actor=Actor(user=operator, door="page"), reason="fixed")
    assert [change.outcome for change in result.changes] == ["skipped", "skipped", "done"]
    assert AuditEntry.objects.get().counts_value == {"requested": 3, "done": 1, "skipped": 2, "failed": 0}


def test_a_thousand_replays_cost_as_many_queries_as_one(
    operator: User, django_assert_max_num_queries: Any
) -> None:
    runs = [make_run(status="failed", event=make_event()) for _ in range(100)]
    with django_assert_max_num_queries(20):
        replayed(operator, *runs, mode="failed-step")
    assert Replay.objects.count() == 100
