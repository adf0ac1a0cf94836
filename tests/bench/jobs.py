"""Jobs of one operator: frozen, replayed, cancelled; alone at full speed, and calmly beside a busy engine."""

import os
import time
from dataclasses import asdict, dataclass
from typing import Any

from django.utils import timezone

from ops.access.actors import Actor
from ops.access.models import User
from ops.engine.values import Payload
from ops.jobs import leasing, lifecycle, worker
from ops.operations.targets import get_target
from runs.models import Run, Step
from tests.bench.engine import BusyEngine, Load
from tests.bench.stopwatch import at
from tests.factories import new_id

SAMPLE = int(os.environ.get("BENCH_JOB", "50000"))
CALM = 50  # per cent of the time that a job works unless somebody wants it faster
LISTEN = 5.0  # seconds of the engine without a job


@dataclass(frozen=True)
class Work:
    """What one job cost: items per second, chunks in milliseconds, and the engine meanwhile."""

    items: int
    rate: float
    chunk: float
    chunk_max: float
    engine: Load | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


class Jobs:
    """The jobs one after the other; each replay is taken back by a cancel."""

    def __init__(self) -> None:
        self.actor = Actor(user=User.objects.get(username="operator"), door="command")
        self.engine: BusyEngine | None = None
        self.found: dict[str, Work] = {}

    def run(self) -> dict[str, Work]:
        """Name → what it cost."""
        ids = sample()
        self.there_and_back(ids, "from the start", mode="start", duty=100)
        give_steps(ids)
        self.there_and_back(ids, "from the failed step", mode="failed-step", duty=100)
        with BusyEngine() as self.engine:
            time.sleep(LISTEN)
            self.found["nothing"] = Work(0, 0, 0, 0, self.engine.load())
            self.there_and_back(ids, "at half the time", mode="start", duty=CALM)
        self.engine = None
        everything = get_target("runs.run").frozen({}, everything=True)
        self.found["freeze every run"] = self.work(self.create(matching=everything))
        return self.found

    def there_and_back(self, ids: list[str], how: str, *, mode: str, duty: int) -> None:
        """Replay the runs, and cancel what that made."""
        job = self.create(ids=ids, parameters={"mode": mode})
        self.work(job)
        self.found[f"replay {how}"] = self.confirmed(job, duty)
        back = lifecycle.undo(job, actor=self.actor).pk
        self.work(back)
        self.found[f"cancel of those replayed {how}"] = self.confirmed(back, duty)

    def create(self, **whom: Any) -> int:
        """A replay whose list is to be collected."""
        return lifecycle.create("runs.replay", actor=self.actor, source="bench", **whom).pk

    def confirmed(self, pk: int, duty: int) -> Work:
        """Confirmed and worked off."""
        lifecycle.pace(pk, actor=self.actor, duty=duty, feed=None)
        lifecycle.confirm(pk, actor=self.actor, reason="bench", typed=str(lifecycle.get(pk).total))
        return self.work(pk)

    def work(self, pk: int) -> Work:
        """Until there is nothing more to do for now."""
        if self.engine:
            self.engine.load()
        owner, chunks = leasing.claim(pk, None), []
        began, rest = time.perf_counter(), 0.0
        while rest is not None:
            time.sleep(rest)
            chunk = time.perf_counter()
            rest = worker.turn(pk, owner)  # type: ignore[assignment]
            chunks.append(time.perf_counter() - chunk)
        seconds = time.perf_counter() - began
        load = self.engine.load() if self.engine else None
        leasing.release(pk, owner)
        total = lifecycle.get(pk).total
        return Work(total, total / seconds, at(chunks, 50), at(chunks, 100), load)


def sample() -> list[str]:
    """The newest completed runs, as a filter finds them."""
    found = Run.objects.filter(status="completed").order_by("-id")
    return list(found.values_list("pk", flat=True)[:SAMPLE])


def give_steps(ids: list[str]) -> None:
    """Completed steps to each, two or three as usual systems have: 2.4."""
    now, output = timezone.now(), Payload.of({"rows": [{"sku": f"A-{n}"} for n in range(5)]})
    times = {"created_at": now, "started_at": now, "ended_at": now}
    steps = [
        Step(
            id=new_id(),
            run_id=pk,
            step_id=f"bench-{step}",
            status="completed",
            attempt=0,
            output=output,
            **times,
        )
        for number, pk in enumerate(ids)
        for step in range(3 if number % 5 < 2 else 2)
    ]
    Step.objects.bulk_create(steps, batch_size=5_000)
