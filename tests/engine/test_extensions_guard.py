"""The guard: an end is final, whatever a worker reports afterwards."""

from collections.abc import Iterator

import pytest
from django.db import connection

from ops.engine import extensions
from runs.models import Run
from tests.engine.catalog import quiet
from tests.factories import make_run

pytestmark = pytest.mark.django_db(transaction=True)

# What the engine runs for POST …/complete and …/fail: it asks neither for the status nor for the worker.
COMPLETE = "UPDATE function_runs SET status = 'completed', output = %s, locked_by = NULL WHERE id = %s"
FAIL = "UPDATE function_runs SET status = 'failed', error = %s, locked_by = NULL WHERE id = %s"
RETRY = "UPDATE function_runs SET status = 'queued', error = %s, locked_by = NULL WHERE id = %s"


@pytest.fixture
def guard(db: None) -> Iterator[None]:
    extensions.install(extensions.get("guard"), connection, quiet)
    yield
    extensions.remove(extensions.get("guard"), connection, quiet)


def report(statement: str, text: str, run: Run) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, [text, run.pk])
        return int(cursor.rowcount)


@pytest.mark.parametrize("statement", [COMPLETE, FAIL, RETRY])
def test_without_the_guard_a_late_report_overwrites_a_cancel(statement: str) -> None:
    run = make_run(status="cancelled")
    assert report(statement, "1", run) == 1
    assert Run.objects.get(pk=run.pk).status != "cancelled"


@pytest.mark.parametrize("statement", [COMPLETE, FAIL, RETRY])
def test_a_cancelled_run_stays_cancelled(guard: None, statement: str) -> None:
    run = make_run(status="cancelled")
    assert report(statement, "1", run) == 0
    after = Run.objects.get(pk=run.pk)
    assert (after.status, after.error, after.output) == ("cancelled", run.error, run.output)


@pytest.mark.parametrize("statement", [FAIL, RETRY])
def test_a_completed_run_is_neither_failed_nor_queued_again(guard: None, statement: str) -> None:
    run = make_run(status="completed")
    assert report(statement, "late", run) == 0
    assert Run.objects.get(pk=run.pk).status == "completed"


def test_a_second_complete_still_overwrites_the_output(guard: None) -> None:
    run = make_run(status="completed")
    assert report(COMPLETE, "2", run) == 1
    output = Run.objects.get(pk=run.pk).output
    assert output is not None
    assert output.text == "2"


@pytest.mark.parametrize("statement", [COMPLETE, FAIL, RETRY])
def test_an_open_run_is_not_touched_by_the_guard(guard: None, statement: str) -> None:
    run = make_run(status="running")
    assert report(statement, "1", run) == 1
    assert Run.objects.get(pk=run.pk).status != "running"


def test_a_failed_run_may_be_queued_again(guard: None) -> None:
    run = make_run(status="failed")
    assert report(RETRY, "1", run) == 1


def test_other_rows_of_the_same_statement_go_on(guard: None) -> None:
    make_run(status="cancelled")
    make_run(status="running")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE function_runs SET status = 'completed'")
    assert sorted(Run.objects.values_list("status", flat=True)) == ["cancelled", "completed"]
