"""A cancel beside the engine's locks: it waits shortly, never long, and the engine never loses by it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import sleep
from typing import Any

import psycopg
import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from ops.access.actors import Actor
from ops.access.models import User
from ops.audit.models import AuditEntry
from ops.operations.operation import Result, get_operation
from runs.actions.succession import BUSY
from runs.models import Run
from tests.engine.databases import connect
from tests.factories import make_run

# What the engine does to a worker's runs, in whatever order the worker named them.
HEARTBEAT = "UPDATE function_runs SET locked_until = now() + interval '5 minutes' WHERE id = %s"
WAITS_FOR = "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE %s = ANY (pg_blocking_pids(pid)))"

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def engine(db: None) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the engine's own."""
    with connect(str(connection.settings_dict["NAME"])) as found:
        found.autocommit = False
        yield found
        found.rollback()


def cancel(ids: list[str], user: User) -> Result:
    return get_operation("runs.cancel")(ids, actor=Actor(user=user, door="command"), reason="spike")


def outcomes(result: Result) -> list[tuple[str, str]]:
    return [(change.outcome, change.reason) for change in result.changes]


def test_a_run_that_the_engine_holds_is_left_to_it(operator: User, engine: psycopg.Connection[Any]) -> None:
    held, free = make_run(), make_run()
    engine.execute(HEARTBEAT, [held.pk])
    result = cancel([held.pk, free.pk], operator)
    assert outcomes(result) == [("failed", BUSY), ("done", "")]
    assert [Run.objects.get(pk=run.pk).status for run in (held, free)] == ["queued", "cancelled"]


def test_the_short_wait_ends_with_the_locks(operator: User, engine: psycopg.Connection[Any]) -> None:
    held, free = make_run(), make_run()
    engine.execute(HEARTBEAT, [held.pk])
    with CaptureQueriesContext(connection) as queries:
        cancel([held.pk, free.pk], operator)
    texts = [query["sql"] for query in queries]
    waiting = next(number for number, text in enumerate(texts) if "statement_timeout = '500ms'" in text)
    # A rolled-back savepoint takes the setting with it.
    assert any("ROLLBACK TO SAVEPOINT" in text for text in texts[waiting : waiting + 4])
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("15s",)


def test_a_run_that_is_free_again_in_time_is_cancelled(
    operator: User, engine: psycopg.Connection[Any]
) -> None:
    run = make_run()
    engine.execute(HEARTBEAT, [run.pk])
    with ThreadPoolExecutor(1) as pool:
        cancelling = pool.submit(in_thread, cancel, [run.pk], operator)
        until_waited_for(engine)
        engine.commit()
        assert outcomes(cancelling.result()) == [("done", "")]


def until_waited_for(engine: psycopg.Connection[Any]) -> None:
    """Until another connection waits for a lock of this one."""
    with connect(str(connection.settings_dict["NAME"])) as observer:
        for _ in range(1_000):
            if observer.execute(WAITS_FOR, [engine.info.backend_pid]).fetchone() == (True,):
                return
            sleep(0.005)
    pytest.fail("Nobody waits.")


def in_thread(function: Any, *arguments: Any) -> Any:
    try:
        return function(*arguments)
    finally:
        connections.close_all()


def test_the_engine_survives_a_cancel_that_locks_in_the_other_order(
    operator: User, engine: psycopg.Connection[Any]
) -> None:
    first, second = make_run(), make_run()
    engine.execute(HEARTBEAT, [second.pk])
    with ThreadPoolExecutor(1) as pool:
        cancelling = pool.submit(in_thread, cancel, [first.pk, second.pk], operator)
        until_waited_for(engine)
        # The cancel holds the first run and waits for the second, of which we hold the lock.
        engine.execute(HEARTBEAT, [first.pk])
        engine.commit()
        assert [outcome for outcome, _ in outcomes(cancelling.result())] == ["done", "failed"]
    assert AuditEntry.objects.get().counts_value["done"] == 1
