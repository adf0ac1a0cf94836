"""What the engine makes of a replay: it is leased and executed like any run, as the console promised."""

from collections.abc import Generator
from typing import Any

import pytest

from ops.access.actors import Actor
from ops.access.models import User
from ops.engine.simulator.agenda import Agenda
from ops.engine.simulator.failures import Fault
from ops.engine.simulator.server import Row
from ops.engine.simulator.shop import BY_ID, Function, Step
from ops.engine.simulator.worker import Worker, data_of
from runs.actions.replay import replay
from runs.models import Run
from tests.engine.contract.simulated import SimulatedEngine
from tests.factories import make_step

CHARGE = BY_ID["charge-card"]
ORDER = {"order_id": "o-1", "amount": 100, "items": [1, 2], "customer_id": "c-1"}
STEPS = [step.id for step in CHARGE.steps]


class Watched(Worker):
    """A worker that never breaks by chance, and notes which steps it did with which data."""

    def __init__(self, server: Any) -> None:
        super().__init__("worker-1", server, Agenda(lambda: 0.0), lambda call: call(), {})
        self.did: list[tuple[str, Any]] = []

    def do(
        self, run: Row, function: Function, step: Step, fault: Fault | None
    ) -> Generator[float, None, str]:
        """The same, noted."""
        self.did.append((step.id, data_of(run, function)))
        return (yield from super().do(run, function, step, None))

    def finish(self) -> list[str]:
        """Lease what is queued and do it all; which runs those were."""
        self.lease()
        names = list(self.hands)
        for plan in list(self.hands.values()):
            list(plan)
        return names


@pytest.fixture
def worker(simulator: SimulatedEngine) -> Watched:
    return Watched(simulator.server)


def failed_run(engine: SimulatedEngine, function: Function = CHARGE, data: Any = None) -> str:
    """A run that a worker failed for good."""
    engine.register(function.definition())
    (run_id,) = engine.send(function.triggers[0], data or ORDER)["run_ids"]
    engine.lease("worker-0")
    engine.fail(run_id, "boom")
    return str(run_id)


def replayed(user: User, run_id: str, **parameters: Any) -> str:
    """The run that the replay made."""
    actor = Actor(user=user, door="page")
    return replay([run_id], actor=actor, reason="fixed", parameters=parameters).changes[0].result


def test_a_replayed_run_is_leased_and_executed(
    simulator: SimulatedEngine, worker: Watched, operator: User
) -> None:
    old = failed_run(simulator)
    new = replayed(operator, old)
    assert worker.finish() == [new]
    assert [step for step, _ in worker.did] == STEPS
    run = simulator.get_run(new)
    assert (run["status"], run["attempt"], run["output"]["captured"]) == ("completed", 1, 100)
    assert simulator.get_run(old)["status"] == "failed"


def test_from_the_failed_step_only_what_is_missing_runs(
    simulator: SimulatedEngine, worker: Watched, operator: User
) -> None:
    old = failed_run(simulator)
    for step in STEPS[:2]:
        make_step(Run.objects.get(pk=old), step)
    make_step(Run.objects.get(pk=old), STEPS[2], "failed", error="declined")
    new = replayed(operator, old, mode="failed-step")
    assert worker.finish() == [new]
    assert [step for step, _ in worker.did] == STEPS[2:]
    assert simulator.get_run(new)["status"] == "completed"


@pytest.mark.parametrize("function", [CHARGE, BY_ID["resize-images"]], ids=["SDK", "embedded"])
def test_an_edited_input_is_what_the_function_sees(
    simulator: SimulatedEngine, worker: Watched, operator: User, function: Function
) -> None:
    old = failed_run(simulator, function, {**ORDER, "file": "a.jpg"})
    edited = {**ORDER, "amount": 7, "file": "b.jpg"}
    new = replayed(operator, old, input=str(edited).replace("'", '"'))
    assert worker.finish() == [new]
    assert [data for _, data in worker.did] == [edited] * len(function.steps)
    assert simulator.get_run(new)["status"] == "completed"


def test_a_replay_that_is_cancelled_before_a_lease_is_never_leased(
    simulator: SimulatedEngine, worker: Watched, operator: User
) -> None:
    new = replayed(operator, failed_run(simulator))
    simulator.cancel(new)
    assert worker.finish() == []
