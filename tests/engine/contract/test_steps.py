"""What is kept of a run's steps."""

import pytest

from ops.engine.simulator.embedded import EmbeddedWorker
from tests.engine.contract.client import Engine, Refused, leased, one
from tests.engine.contract.simulated import SimulatedEngine

STEP = "SELECT id, status, attempt, started_at, ended_at, created_at FROM step_runs"


@pytest.mark.sqlite
def test_a_saved_step_has_one_moment_and_no_duration(engine: Engine) -> None:
    run_id = leased(engine)
    answer = engine.save_step(run_id, "charge", {"ok": True})
    assert (answer["status"], answer["output"], answer["attempt"]) == ("completed", {"ok": True}, 0)
    ((step_id, status, attempt, started, ended, _),) = engine.look(STEP)
    assert (status, attempt) == ("completed", 0)
    assert started == ended
    assert len(step_id) == 32
    assert "-" not in step_id


@pytest.mark.sqlite
def test_saving_a_step_again_overwrites_its_row(engine: Engine) -> None:
    run_id = leased(engine)
    engine.save_step(run_id, "charge", {"n": 1})
    ((first_id, *_, started, _, _),) = engine.look(STEP)
    engine.save_step(run_id, "charge", {"n": 2})
    (step,) = engine.steps(run_id)
    assert step["output"] == {"n": 2}
    ((second_id, *_, begun, ended, _),) = engine.look(STEP)
    assert (second_id, begun) == (first_id, started)
    assert ended >= begun


@pytest.mark.sqlite
def test_the_next_lease_brings_the_saved_steps(engine: Engine) -> None:
    run_id = leased(engine)
    engine.save_step(run_id, "charge (日本語)", None)
    engine.fail(run_id, "later step failed", should_retry=True)
    (run,) = engine.lease("worker-1")
    (step,) = run["cached_steps"]
    assert (step["step_id"], step["status"], step["output"]) == ("charge (日本語)", "completed", None)


@pytest.mark.sqlite
def test_a_step_without_output_is_json_null(engine: Engine) -> None:
    run_id = leased(engine)
    engine.save_step(run_id, "emit", None)
    assert engine.look("SELECT output FROM step_runs") == [("null",)]


@pytest.mark.postgresql
def test_a_step_without_a_row_is_not_saved(engine: Engine) -> None:
    run_id = leased(engine)
    with pytest.raises(Refused, match="404"):
        engine.save_step(run_id, "charge", {"ok": True})
    assert engine.steps(run_id) == []


@pytest.mark.postgresql
def test_a_step_with_a_row_is_only_updated(engine: Engine) -> None:
    run_id = leased(engine)
    engine.write(
        "INSERT INTO step_runs (id, run_id, step_id, status)"
        " VALUES (gen_random_uuid(), %s, 'charge', 'running')",
        run_id,
    )
    assert engine.save_step(run_id, "charge", {"ok": True})["status"] == "completed"
    ((_, status, attempt, started, ended, _),) = engine.look(STEP)
    assert (status, attempt, started) == ("completed", 0, None)
    assert ended is not None


def test_a_step_of_a_worker_with_the_engine_inside_has_begin_and_end(simulator: SimulatedEngine) -> None:
    run_id = leased(simulator)
    worker = EmbeddedWorker(simulator.server)
    worker.begin_step(run_id, "read")
    ((step_id, status, attempt, started, ended, _),) = simulator.look(STEP)
    assert (status, attempt, ended) == ("running", 0, None)
    assert len(str(step_id)) == 36
    assert str(step_id)[14] == "7"
    worker.end_step(run_id, "read", {"bytes": 3})
    ((_, status, _, begun, ended, _),) = simulator.look(STEP)
    assert (status, begun) == ("completed", started)
    assert ended > begun


def test_a_step_that_failed_keeps_its_error_until_it_begins_again(simulator: SimulatedEngine) -> None:
    run_id = leased(simulator)
    worker = EmbeddedWorker(simulator.server)
    worker.begin_step(run_id, "read")
    worker.fail_step(run_id, "read", "Step execution failed: no file")
    (step,) = simulator.steps(run_id)
    assert (step["status"], step["error"]) == ("failed", "Step execution failed: no file")
    worker.begin_step(run_id, "read")
    (step,) = simulator.steps(run_id)
    assert (step["status"], step["error"], step["ended_at"]) == ("running", None, None)


def test_a_retry_of_a_worker_with_the_engine_inside_waits(simulator: SimulatedEngine) -> None:
    run_id = leased(simulator)
    EmbeddedWorker(simulator.server).fail(run_id, "no file", attempt=1, max_attempts=3)
    status, error, run_after = one(simulator, "status, error, run_after", run_id)
    assert (status, error) == ("queued", "no file")
    assert run_after is not None
    assert simulator.lease("worker-1") == []


def test_the_last_attempt_of_such_a_worker_fails_for_good(simulator: SimulatedEngine) -> None:
    run_id = leased(simulator)
    EmbeddedWorker(simulator.server).fail(run_id, "no file", attempt=3, max_attempts=3)
    assert one(simulator, "status, run_after", run_id) == ("failed", None)


@pytest.mark.parametrize(
    ("attempt", "least", "most"), [(1, 1, 1.25), (2, 1.5, 2.5), (4, 6, 10), (20, 45, 75)]
)
def test_the_wait_doubles_up_to_a_minute(
    simulator: SimulatedEngine, attempt: int, least: float, most: float
) -> None:
    worker = EmbeddedWorker(simulator.server)
    assert all(least <= worker.wait(attempt) <= most for _ in range(100))
