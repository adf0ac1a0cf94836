"""One verb, every door: the same effect, the same entry, the same refusal, whichever way one comes in."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client

from ops.access.actors import Actor
from ops.access.models import User
from ops.audit.chain import Walk
from ops.audit.models import AuditEntry
from ops.jobs import lifecycle, worker
from ops.jobs.models import Job
from ops.operations.operation import get_operation
from ops.platform.errors import InvalidInput, PermissionDenied
from runs.models import Run
from runs.states import Status
from tests.factories import make_run, new_id
from tests.people import enter

Door = Callable[[User, list[str], str], bool]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_cache() -> None:
    """Throttles are kept there."""
    cache.clear()


def by_call(user: User, ids: list[str], reason: str) -> bool:
    try:
        get_operation("runs.cancel")(ids, actor=Actor(user=user, door="page"), reason=reason)
    except (PermissionDenied, InvalidInput):
        return False
    return True


def by_page(user: User, ids: list[str], reason: str) -> bool:
    body = {"ids": ids, "reason": reason, "confirm": "1"}
    return enter(Client(), user).post("/ops/operate/runs.cancel", body).status_code == 303


def by_api(user: User, ids: list[str], reason: str) -> bool:
    body = {"ids": ids, "reason": reason}
    answer = enter(Client(), user).post("/api/runs/cancel", body, content_type="application/json")
    assert answer.status_code in {200, 400, 403}
    return answer.status_code == 200


def by_command(user: User, ids: list[str], reason: str) -> bool:
    silent = {"stdout": StringIO(), "stderr": StringIO()}
    try:
        call_command("operate", "runs.cancel", *ids, actor=user.username, reason=reason, **silent)
    except CommandError as error:
        assert error.returncode == 2
        return False
    except SystemExit as left:
        assert left.code == 3
    return True


DOORS = {"call": by_call, "page": by_page, "api": by_api, "command": by_command}
every_door = pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)


def situation() -> dict[str, Run]:
    """A run of each kind that a cancel treats differently."""
    return {status: make_run(status=status) for status in Status.values}


def told(entry: AuditEntry) -> dict[str, Any]:
    """What the entry says, apart from who came in where and when."""
    items = entry.items.order_by("position").values_list("outcome", "reason", "before", "after")
    return {
        "who": (entry.actor, entry.actor_id, entry.roles),
        "what": (entry.verb, entry.outcome, entry.reason, entry.parameters_value, entry.counts_value),
        "each": [
            (outcome, reason, sorted(keys(before)), sorted(keys(after)))
            for outcome, reason, before, after in items
        ],
    }


def keys(text: str) -> list[str]:
    return [part.split('"')[1] for part in text.split(",")] if text else []


@every_door
def test_the_same_effect_and_the_same_entry(operator: User, door: Door) -> None:
    runs, reference = situation(), situation()
    unknown = new_id()
    assert by_call(operator, [*(run.pk for run in reference.values()), new_id()], "a spike")
    expected = told(AuditEntry.objects.latest("pk"))
    assert door(operator, [*(run.pk for run in runs.values()), unknown], "a spike")
    entry = AuditEntry.objects.latest("pk")
    assert told(entry) == expected
    way = next(name for name, one in DOORS.items() if one is door)
    assert entry.door == ("page" if way == "call" else way)
    assert [item.target for item in entry.items.order_by("position")] == [
        *(run.pk for run in runs.values()),
        unknown,
    ]
    statuses = {name: Run.objects.get(pk=run.pk).status for name, run in runs.items()}
    assert statuses == {name: Run.objects.get(pk=run.pk).status for name, run in reference.items()}
    assert AuditEntry.objects.count() == 2
    assert list(Walk().faults()) == []


@every_door
@pytest.mark.parametrize("who", ["viewer", "stranger"])
def test_the_same_refusal(door: Door, who: str, request: pytest.FixtureRequest) -> None:
    user, run = request.getfixturevalue(who), make_run()
    assert not door(user, [run.pk], "why")
    assert Run.objects.get(pk=run.pk).status == "queued"
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.outcome, entry.actor) == ("runs.cancel", "refused", user.username)
    assert entry.reason == "why"
    assert entry.parameters_value["requested"] == 1


@every_door
@pytest.mark.parametrize(
    ("ids", "reason"), [([], "why"), (["x"], "  "), (["x" * 300], "why"), (["x"], "y" * 3_000)]
)
def test_the_same_input_is_unusable(operator: User, door: Door, ids: list[str], reason: str) -> None:
    assert not door(operator, ids, reason)
    assert not AuditEntry.objects.exists()


def work_on(job: Job) -> None:
    """What the workers do, until there is nothing left."""
    while worker.work(job.pk, seconds=1):
        pass
    job.refresh_from_db()


def test_a_job_does_the_same_with_an_entry_of_its_own(operator: User) -> None:
    runs, reference = situation(), situation()
    assert by_call(operator, [run.pk for run in reference.values()], "a spike")
    expected = told(AuditEntry.objects.latest("pk"))
    actor = Actor(user=operator, door="page")
    ids = [run.pk for run in runs.values()]
    job = lifecycle.create("runs.cancel", actor=actor, source="five runs", ids=ids)
    work_on(job)
    lifecycle.confirm(job.pk, actor=actor, reason="a spike", typed=str(job.total))
    work_on(job)
    statuses = {name: Run.objects.get(pk=run.pk).status for name, run in runs.items()}
    assert statuses == {name: Run.objects.get(pk=run.pk).status for name, run in reference.items()}
    entry = AuditEntry.objects.filter(verb="runs.cancel", outcome="performed").latest("pk")
    assert sorted(told(entry)["each"]) == sorted(expected["each"])
    assert (entry.actor, entry.reason, entry.parameters_value["job"]) == ("olga", "a spike", job.pk)
