"""Runs whose event is gone: the engine's SQLite file may hold some, deleted with foreign keys off."""

import pytest
from django.db import connection

from events.models import Event
from ops.access.actors import Actor
from ops.access.models import User
from runs.actions.replay import EVENT_GONE, replay
from runs.models import Replay, Run
from tests.api.conftest import signed_in
from tests.factories import make_run

pytestmark = pytest.mark.django_db(transaction=True)


def lose_event(run: Run) -> None:
    """Delete the event alone, as a program does that doesn't ask for foreign keys."""
    event = Event.objects.filter(pk=run.event_id)
    if connection.vendor == "sqlite":
        with connection.constraint_checks_disabled():
            event._raw_delete("default")
        return
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        event._raw_delete("default")
        cursor.execute("SET session_replication_role = origin")


@pytest.fixture
def runs() -> list[Run]:
    """Three of them; the second has lost its event."""
    found = [make_run(status="failed") for _ in range(3)]
    lose_event(found[1])
    return found


def test_a_run_without_its_event_is_skipped_and_the_others_are_replayed(
    operator: User, runs: list[Run]
) -> None:
    ids = [run.pk for run in runs]
    result = replay(ids, actor=Actor(user=operator, door="page"), reason="fixed")
    assert [change.outcome for change in result.changes] == ["done", "skipped", "done"]
    assert result.changes[1].reason == EVENT_GONE
    assert set(Replay.objects.values_list("origin", flat=True)) == {ids[0], ids[2]}


def test_a_run_without_its_event_takes_no_input_of_its_own_either(operator: User, runs: list[Run]) -> None:
    caller = signed_in(operator)
    told = caller.post(f"/api/runs/{runs[1].pk}/replay", {"reason": "fixed", "input": "{}"})
    assert (caller.status, told["error"]["message"]) == (409, EVENT_GONE)
    assert Run.objects.count() == 3


def test_the_preview_says_so_before(operator: User, runs: list[Run]) -> None:
    told = {change.target: (change.outcome, change.reason) for change in replay.preview([r.pk for r in runs])}
    assert told[runs[0].pk] == ("done", "")
    assert told[runs[1].pk] == ("skipped", EVENT_GONE)
