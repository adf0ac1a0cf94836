"""How a run ends, and how little protects an end."""

import pytest

from tests.engine.contract.client import Engine, Refused, leased, one, queued

UNKNOWN = "00000000-0000-0000-0000-000000000000"
LOCK = "locked_until, locked_by"


def test_completing_stores_the_output_and_clears_the_lock(engine: Engine) -> None:
    run_id = leased(engine)
    answer = engine.complete(run_id, {"sent": True})
    assert (answer["status"], answer["output"]) == ("completed", {"sent": True})
    assert answer["ended_at"] is not None
    assert one(engine, LOCK, run_id) == (None, None)


def test_json_null_as_output_is_not_sql_null(engine: Engine) -> None:
    run_id = leased(engine)
    assert one(engine, "output IS NULL", run_id) == (True,)
    engine.complete(run_id, None)
    assert one(engine, "output IS NULL", run_id) == (False,)


def test_failing_stores_the_error_and_ends_the_run(engine: Engine) -> None:
    run_id = leased(engine)
    answer = engine.fail(run_id, "Traceback (most recent call last):\n  boom")
    assert answer["status"] == "failed"
    assert answer["error"] == "Traceback (most recent call last):\n  boom"
    assert answer["ended_at"] is not None
    assert one(engine, LOCK, run_id) == (None, None)


def test_failing_with_a_retry_puts_the_run_back_in_the_queue_at_once(engine: Engine) -> None:
    run_id = leased(engine)
    answer = engine.fail(run_id, "503", should_retry=True)
    assert (answer["status"], answer["error"], answer["ended_at"]) == ("queued", "503", None)
    assert one(engine, f"{LOCK}, run_after, attempt", run_id) == (None, None, None, 1)


def test_a_later_success_leaves_the_earlier_error(engine: Engine) -> None:
    run_id = leased(engine)
    engine.fail(run_id, "first attempt", should_retry=True)
    engine.lease("worker-1")
    assert engine.complete(run_id, {})["error"] == "first attempt"


def test_a_second_failure_overwrites_the_error(engine: Engine) -> None:
    run_id = leased(engine)
    engine.fail(run_id, "first", should_retry=True)
    engine.lease("worker-1")
    assert engine.fail(run_id, "second")["error"] == "second"


@pytest.mark.parametrize("attempt_by", ["worker-1", "worker-2"])
def test_anybody_can_complete_a_run(engine: Engine, attempt_by: str) -> None:
    run_id = leased(engine, attempt_by)
    assert engine.complete(run_id, {})["status"] == "completed"


def test_a_queued_run_can_be_completed_by_nobody_in_particular(engine: Engine) -> None:
    run_id = queued(engine)
    answer = engine.complete(run_id, {"late": True})
    assert (answer["status"], answer["attempt"], answer["started_at"]) == ("completed", 0, None)
    assert engine.lease("worker-1") == []


def test_completing_twice_overwrites_the_output(engine: Engine) -> None:
    run_id = leased(engine)
    engine.complete(run_id, {"n": 1})
    assert engine.complete(run_id, {"n": 2})["output"] == {"n": 2}


def test_a_late_completion_overwrites_a_cancel(engine: Engine) -> None:
    run_id = leased(engine)
    assert engine.cancel(run_id)["status"] == "cancelled"
    assert engine.complete(run_id, {})["status"] == "completed"


def test_a_late_failure_with_retry_queues_a_cancelled_run_again(engine: Engine) -> None:
    run_id = leased(engine)
    engine.cancel(run_id)
    assert engine.fail(run_id, "late", should_retry=True)["status"] == "queued"
    (run,) = engine.lease("worker-2")
    assert (run["id"], run["attempt"]) == (run_id, 2)


def test_a_late_failure_with_retry_queues_even_a_completed_run_again(engine: Engine) -> None:
    run_id = leased(engine)
    ended = engine.complete(run_id, {"sent": True})["ended_at"]
    answer = engine.fail(run_id, "late", should_retry=True)
    assert (answer["status"], answer["output"], answer["ended_at"]) == ("queued", {"sent": True}, ended)


def test_a_late_failure_ends_a_completed_run_as_failed(engine: Engine) -> None:
    run_id = leased(engine)
    engine.complete(run_id, {})
    assert engine.fail(run_id, "late")["status"] == "failed"


def test_cancelling_a_queued_run_is_final(engine: Engine) -> None:
    run_id = queued(engine)
    answer = engine.cancel(run_id)
    assert (answer["status"], answer["started_at"]) == ("cancelled", None)
    assert answer["ended_at"] is not None
    assert engine.lease("worker-1") == []


def test_cancelling_a_running_run_clears_its_lock(engine: Engine) -> None:
    run_id = leased(engine)
    assert engine.cancel(run_id)["status"] == "cancelled"
    assert one(engine, LOCK, run_id) == (None, None)


@pytest.mark.parametrize("end", ["complete", "fail", "cancel"])
def test_cancelling_what_has_ended_answers_it_unchanged(engine: Engine, end: str) -> None:
    run_id = leased(engine)
    ended = {
        "complete": lambda: engine.complete(run_id, {}),
        "fail": lambda: engine.fail(run_id, "boom"),
        "cancel": lambda: engine.cancel(run_id),
    }[end]()
    assert engine.cancel(run_id) == ended


def test_a_run_that_is_not_there_is_not_found(engine: Engine) -> None:
    for ask in (
        lambda: engine.get_run(UNKNOWN),
        lambda: engine.cancel(UNKNOWN),
        lambda: engine.complete(UNKNOWN, {}),
        lambda: engine.fail(UNKNOWN, "boom"),
        lambda: engine.steps(UNKNOWN),
        lambda: engine.save_step(UNKNOWN, "charge", {}),
    ):
        with pytest.raises(Refused, match="404"):
            ask()
