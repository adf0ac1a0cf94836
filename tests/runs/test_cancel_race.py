"""Two operators cancel the same runs while workers complete and fail them."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import cycle
from random import Random
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections

from ops.access.actors import Actor
from ops.access.models import User
from ops.audit.chain import Walk
from ops.audit.log import Change
from ops.audit.models import AuditItem
from ops.engine import extensions
from ops.operations.operation import get_operation
from runs.models import Run
from tests.conftest import person
from tests.factories import make_event, new_id

ROUNDS = 20
RUNS = 100
CHUNK = 25
# What the engine runs when a worker reports: neither the status nor the worker is asked for.
REPORT = "UPDATE function_runs SET status = %s, locked_by = NULL, locked_until = NULL WHERE id = %s"
COMPLETE, FAIL, RETRY = "completed", "failed", "queued"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def guard(transactional_db: None) -> Iterator[None]:
    extensions.install(extensions.get("guard"), connection, str)
    yield
    extensions.remove(extensions.get("guard"), connection, str)


@pytest.fixture
def operators(transactional_db: None) -> list[User]:
    return [person("olga", "Operator"), person("otto", "Operator")]


def fresh_runs() -> list[str]:
    """Half of them queued, half with a worker."""
    event = make_event()
    columns = {
        "function_id": "f",
        "event": event,
        "attempt": 1,
        "max_attempts": 3,
        "created_at": event.created_at,
    }
    rows = [
        Run(id=new_id(), status="running" if number % 2 else "queued", input=event.data, **columns)
        for number in range(RUNS)
    ]
    return [run.pk for run in Run.objects.bulk_create(rows)]


def race(*racers: Any) -> list[Any]:
    """All at once, each on a connection of its own."""
    start = Barrier(len(racers))

    def run(racer: Any) -> Any:
        try:
            start.wait(10)
            return racer()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(racers)) as pool:
        return [future.result() for future in [pool.submit(run, racer) for racer in racers]]


def shuffled(ids: list[str], seed: int) -> list[str]:
    return Random(seed).sample(ids, len(ids))  # noqa: S311 - an order, no secret


def cancels(user: User, ids: list[str], seed: int) -> list[Change]:
    """The operator cancels all, a few at a time, in an order of their own."""
    mine = shuffled(ids, seed)
    cancel, actor = get_operation("runs.cancel"), Actor(user=user, door="page")
    parts = [mine[place : place + CHUNK] for place in range(0, len(mine), CHUNK)]
    return [change for part in parts for change in cancel(part, actor=actor, reason="race").changes]


def reports(ids: list[str], statuses: list[str], seed: int) -> None:
    """A worker reports on the runs, in an order of its own, one statement at a time like the engine."""
    for pk, status in zip(shuffled(ids, seed), cycle(statuses)):
        with connection.cursor() as cursor:
            cursor.execute(REPORT, [status, pk])


def statuses_of(ids: list[str]) -> dict[str, str]:
    return dict(Run.objects.filter(pk__in=ids).values_list("pk", "status"))


def effects(ids: list[str]) -> Counter[str]:
    """How many entries say that they cancelled each run."""
    return Counter(AuditItem.objects.filter(target__in=ids, outcome="done").values_list("target", flat=True))


@pytest.mark.usefixtures("guard")
def test_with_the_guard_every_run_ends_once_and_every_cancel_has_one_entry(operators: list[User]) -> None:
    for seed in range(ROUNDS):
        ids = fresh_runs()
        race(
            *(partial(cancels, user, ids, seed + user.pk) for user in operators),
            partial(reports, ids, [COMPLETE, FAIL, RETRY], seed),
        )
        ended, audited = statuses_of(ids), effects(ids)
        assert set(audited.values()) <= {1}
        assert {pk for pk in ids if ended[pk] == "cancelled"} == set(audited)
        assert set(ended.values()) <= {"cancelled", "completed", "failed"}
    assert list(Walk().faults()) == []


def test_without_it_two_operators_still_never_cancel_one_run_twice(operators: list[User]) -> None:
    for seed in range(5):
        ids = fresh_runs()
        both = race(*(partial(cancels, user, ids, seed) for user in operators))
        outcomes = Counter(change.outcome for changes in both for change in changes)
        assert outcomes["done"] == RUNS
        assert set(effects(ids).values()) == {1}
        assert set(statuses_of(ids).values()) == {"cancelled"}
    assert list(Walk().faults()) == []


def test_what_a_worker_overwrites_was_cancelled_before_and_the_log_says_so(operators: list[User]) -> None:
    ids = fresh_runs()
    race(partial(cancels, operators[0], ids, 1), partial(reports, ids, [COMPLETE], 2))
    ended, audited = statuses_of(ids), effects(ids)
    assert set(audited.values()) <= {1}
    assert {pk for pk in ids if ended[pk] == "cancelled"} <= set(audited)
    assert set(ended.values()) <= {"cancelled", "completed"}
