"""What a worker gets, and what it can get."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from ops.engine.simulator.sqlite import SqliteServer
from ops.engine.values import Timestamp
from tests.engine.contract.client import Engine, Refused, function, leased, one, queued
from tests.engine.contract.simulated import SimulatedEngine

UNKNOWN = "00000000-0000-0000-0000-000000000000"


def moment(engine: Engine, column: str, run_id: str) -> datetime:
    (value,) = one(engine, column, run_id)
    found = Timestamp.read(value)
    assert found is not None
    return found


def in_seconds(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def test_a_lease_makes_the_run_the_workers(engine: Engine) -> None:
    before = datetime.now(UTC)
    run_id = queued(engine)
    (run,) = engine.lease("worker-1", seconds=60)
    assert run["id"] == run_id
    assert run["attempt"] == 1
    assert one(engine, "status, locked_by, attempt", run_id) == ("running", "worker-1", 1)
    left = moment(engine, "locked_until", run_id) - before
    assert timedelta(seconds=58) < left < timedelta(seconds=80)
    assert moment(engine, "started_at", run_id) >= moment(engine, "created_at", run_id)


def test_a_leased_run_brings_its_event_and_its_steps(engine: Engine) -> None:
    engine.register(function("charge-card"))
    sent = engine.send("order.placed", {"order": 1}, user_id="user_1")
    (run,) = engine.lease("worker-1")
    assert run["input"] == run["event"]["data"] == {"order": 1}
    assert run["event"]["id"] == run["event_id"] == sent["event_id"]
    assert run["event"]["user_id"] == "user_1"
    assert run["cached_steps"] == []


def test_the_oldest_runs_come_first_and_the_limit_is_kept(engine: Engine) -> None:
    engine.register(function("charge-card"))
    ids = [engine.send("order.placed", {"n": n})["run_ids"][0] for n in range(5)]
    first = engine.lease("worker-1", limit=3)
    assert {run["id"] for run in first} == set(ids[:3])
    assert {run["id"] for run in engine.lease("worker-2")} == set(ids[3:])
    assert engine.lease("worker-3") == []


def test_a_worker_gets_runs_of_any_function_registered_or_not(engine: Engine) -> None:
    run_id = queued(engine, "legacy-export")
    engine.write("DELETE FROM functions")
    assert [run["id"] for run in engine.lease("worker-1")] == [run_id]


def test_a_run_after_that_has_passed_is_leased_and_stays_on_the_row(engine: Engine) -> None:
    run_id = queued(engine)
    engine.write("UPDATE function_runs SET run_after = %s", in_seconds(-5))
    assert [run["id"] for run in engine.lease("worker-1")] == [run_id]
    assert one(engine, "run_after", run_id) != (None,)


@pytest.mark.parametrize("seconds", [60, 86_400 * 365 * 500])
def test_a_run_is_not_leased_before_its_run_after(engine: Engine, seconds: int) -> None:
    run_id = queued(engine)
    engine.write("UPDATE function_runs SET run_after = %s", in_seconds(seconds))
    assert engine.lease("worker-1") == []
    assert one(engine, "status, attempt", run_id) == ("queued", 0)


def test_a_queued_run_with_a_lease_in_the_future_is_not_leased(engine: Engine) -> None:
    queued(engine)
    engine.write("UPDATE function_runs SET locked_until = %s", in_seconds(60))
    assert engine.lease("worker-1") == []
    engine.write("UPDATE function_runs SET locked_until = %s", in_seconds(-60))
    assert len(engine.lease("worker-1")) == 1


def test_nobody_takes_back_a_run_whose_lease_has_run_out(engine: Engine) -> None:
    run_id = leased(engine, "worker-that-died")
    engine.write("UPDATE function_runs SET locked_until = %s", in_seconds(-3600))
    assert engine.lease("worker-2") == []
    assert one(engine, "status, locked_by", run_id) == ("running", "worker-that-died")


def test_the_attempt_goes_beyond_the_maximum(engine: Engine) -> None:
    run_id = queued(engine, retries={"max_attempts": 1})
    for attempt in (1, 2, 3):
        (run,) = engine.lease("worker-1")
        assert (run["attempt"], run["max_attempts"]) == (attempt, 1)
        engine.fail(run_id, "again", should_retry=True)


def test_started_at_is_the_first_leases(engine: Engine) -> None:
    run_id = leased(engine)
    first = one(engine, "started_at", run_id)
    engine.fail(run_id, "again", should_retry=True)
    engine.lease("worker-2")
    assert one(engine, "started_at, locked_by", run_id) == (*first, "worker-2")


def test_a_rescued_run_is_leased_again(engine: Engine) -> None:
    run_id = leased(engine, "worker-that-died")
    engine.write("UPDATE function_runs SET status = 'queued', locked_by = NULL, locked_until = NULL")
    (run,) = engine.lease("worker-2")
    assert (run["id"], run["attempt"]) == (run_id, 2)


def test_a_run_that_the_console_has_leased_is_not_leased(engine: Engine) -> None:
    run_id = queued(engine)
    engine.write(
        "UPDATE function_runs SET status = 'running', locked_by = 'console:hold',"
        " locked_until = '9000-01-01T00:00:00+00:00'"
    )
    assert engine.lease("worker-1") == []
    assert engine.cancel(run_id)["status"] == "cancelled"


def test_a_heartbeat_extends_the_lease_to_five_minutes_from_now(engine: Engine) -> None:
    run_id = leased(engine, "worker-1")
    engine.write("UPDATE function_runs SET locked_until = %s", in_seconds(10))
    before = datetime.now(UTC)
    engine.heartbeat("worker-1", [run_id])
    left = moment(engine, "locked_until", run_id) - before
    assert timedelta(seconds=299) < left < timedelta(seconds=320)


@pytest.mark.parametrize("worker", ["worker-2", "WORKER-1", ""])
def test_a_heartbeat_of_another_worker_changes_nothing(engine: Engine, worker: str) -> None:
    run_id = leased(engine, "worker-1")
    before = one(engine, "locked_until, locked_by", run_id)
    engine.heartbeat(worker, [run_id])
    assert one(engine, "locked_until, locked_by", run_id) == before


def test_a_heartbeat_after_the_end_changes_nothing(engine: Engine) -> None:
    run_id = leased(engine, "worker-1")
    engine.cancel(run_id)
    engine.heartbeat("worker-1", [run_id, UNKNOWN])
    engine.heartbeat("worker-1", [])
    assert one(engine, "status, locked_until, locked_by", run_id) == ("cancelled", None, None)


@pytest.mark.sqlite
def test_two_workers_get_the_same_run_when_their_leases_overlap(simulator: SimulatedEngine) -> None:
    run_id = queued(simulator)
    server = cast("SqliteServer", simulator.server)
    seen_by_first = server.due(10)
    assert [run["id"] for run in simulator.lease("worker-2")] == [run_id]
    server.take(seen_by_first, "worker-1", 300)
    assert one(simulator, "locked_by, attempt", run_id) == ("worker-1", 2)


@pytest.mark.sqlite
def test_a_run_cancelled_in_the_middle_of_a_lease_is_handed_out(simulator: SimulatedEngine) -> None:
    run_id = queued(simulator)
    server = cast("SqliteServer", simulator.server)
    seen = server.due(10)
    simulator.cancel(run_id)
    server.take(seen, "worker-1", 300)
    assert one(simulator, "status, locked_by", run_id) == ("running", "worker-1")


@pytest.mark.sqlite
def test_a_run_whose_id_is_not_hyphenated_is_lost_by_its_lease(engine: Engine) -> None:
    run_id = queued(engine)
    bare = run_id.replace("-", "")
    engine.write("UPDATE function_runs SET id = %s", bare)
    assert engine.lease("worker-1") == []
    assert one(engine, "status, locked_by", bare) == ("running", "worker-1")
    with pytest.raises(Refused, match="404"):
        engine.get_run(run_id)


def test_a_lease_reads_an_event_that_somebody_changed(engine: Engine) -> None:
    run_id = queued(engine)
    engine.write("UPDATE events SET data = %s", '{"order":2}')
    (run,) = engine.lease("worker-1")
    assert (run["id"], run["event"]["data"], run["input"]) == (run_id, {"order": 2}, {"order": 1})


def lease_all(engine: Engine) -> set[Any]:
    return {run["id"] for run in engine.lease("worker-1", limit=100)}


def test_what_is_not_queued_is_not_leased(engine: Engine) -> None:
    for status in ("running", "completed", "failed", "cancelled"):
        run_id = queued(engine)
        engine.write("UPDATE function_runs SET status = %s WHERE id = %s", status, run_id)
    assert lease_all(engine) == set()
