"""runs.cancel: what it does to each run, what it says about it, and that nothing happens without an entry."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ops.access.actors import Actor
from ops.access.models import User
from ops.audit.chain import Walk
from ops.audit.models import AuditEntry
from ops.engine import extensions, schema
from ops.engine.statuses import HOLDER
from ops.operations.operation import MAX_IDS, MAX_REASON, Result, get_operation
from ops.platform.errors import EngineMismatch, InvalidInput
from runs.actions.cancel import GUARDED, REQUESTED, STUCK_REQUESTED
from runs.models import Run
from tests.engine.columns import stored
from tests.factories import make_event, make_run, new_id

LEASE = timedelta(minutes=5)
QUERIES = 11
FAIL_ON_UPDATE = {
    "sqlite": (
        """CREATE TRIGGER test_refuse BEFORE UPDATE ON function_runs
        BEGIN SELECT RAISE(ABORT, 'no cancel today'); END""",
    ),
    "postgresql": (
        """CREATE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'no cancel today'; END $$""",
        """CREATE TRIGGER test_refuse BEFORE UPDATE ON function_runs
        FOR EACH ROW EXECUTE FUNCTION pg_temp.refuse()""",
    ),
}

pytestmark = pytest.mark.django_db


def cancel(ids: list[str], user: Any, reason: str = "spike", **options: Any) -> Result:
    return get_operation("runs.cancel")(ids, actor=Actor(user=user, door="command"), reason=reason, **options)


def columns(run: Run) -> dict[str, Any]:
    """The row as the engine finds it."""
    names = [field.column for field in Run._meta.concrete_fields if field.column]
    return {name: stored(run, name) for name in names}


@pytest.fixture
def guard(db: None) -> Iterator[None]:
    """The guard, installed as an operator would."""
    extensions.install(extensions.get("guard"), connection, str)
    yield
    extensions.remove(extensions.get("guard"), connection, str)


@pytest.mark.parametrize("status", ["queued", "running"])
def test_an_open_run_ends_as_the_engine_would_end_it(operator: User, status: str) -> None:
    run, other = make_run(status=status), make_run(status=status)
    untouched, before = columns(other), columns(run)
    started = timezone.now()
    result = cancel([run.pk], operator)
    after = columns(run)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"status", "ended_at"} | (
        {"locked_until", "locked_by"} if status == "running" else set()
    )
    assert (after["status"], after["locked_until"], after["locked_by"]) == ("cancelled", None, None)
    assert started <= Run.objects.get(pk=run.pk).ended_at <= timezone.now()
    assert columns(other) == untouched
    assert [(change.target, change.outcome) for change in result.changes] == [(run.pk, "done")]


@pytest.mark.sqlite
def test_the_end_is_written_in_the_engines_own_format(operator: User) -> None:
    run = make_run()
    cancel([run.pk], operator)
    assert datetime.fromisoformat(stored(run, "ended_at")).utcoffset() == timedelta(0)
    assert stored(run, "ended_at")[10] == "T"
    assert stored(run, "ended_at").endswith("+00:00")


def test_a_queued_and_a_held_run_end_for_good_and_a_running_one_is_asked(operator: User) -> None:
    queued, running = make_run(), make_run(status="running")
    stuck = make_run(status="running", locked_until=timezone.now() - LEASE)
    held = make_run(status="running", locked_by=HOLDER, locked_until=datetime(9000, 1, 1, tzinfo=UTC))
    found = [run.pk for run in (queued, running, stuck, held)]
    told = {change.target: change.reason for change in cancel(found, operator).changes}
    assert told == {queued.pk: "", running.pk: REQUESTED, stuck.pk: STUCK_REQUESTED, held.pk: ""}


@pytest.mark.usefixtures("guard")
def test_with_the_guard_a_running_run_stays_cancelled(operator: User) -> None:
    queued, running = make_run(), make_run(status="running")
    told = {change.target: change.reason for change in cancel([queued.pk, running.pk], operator).changes}
    assert told == {queued.pk: "", running.pk: GUARDED}
    for status in ("completed", "queued", "failed"):
        Run.objects.filter(pk=running.pk).update(status=status)
        assert stored(running, "status") == "cancelled"


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
def test_a_run_that_has_ended_is_left_alone(operator: User, status: str) -> None:
    run = make_run(status=status)
    before = columns(run)
    (change,) = cancel([run.pk], operator).changes
    assert (change.outcome, change.reason, change.before) == ("skipped", f"Already {status}.", {})
    assert columns(run) == before


@pytest.mark.parametrize("text", ["0192a7c1", "nonsense", "; DROP TABLE events", "日本", "a/b?c", " "])
def test_an_id_of_no_run_is_skipped_and_named_as_it_was_given(operator: User, text: str) -> None:
    (change,) = cancel([text], operator).changes
    assert (change.target, change.outcome, change.reason) == (
        text,
        "skipped",
        "There is no run with this id.",
    )
    assert AuditEntry.objects.get().items.get().target == text


def test_outcomes_come_in_the_order_of_the_ids_and_are_counted(operator: User) -> None:
    runs = [make_run(), make_run(status="failed"), make_run(status="running"), make_run()]
    ids = [runs[2].pk, new_id(), runs[0].pk, runs[1].pk, runs[3].pk]
    result = cancel(ids, operator)
    assert [change.target for change in result.changes] == ids
    assert [change.outcome for change in result.changes] == ["done", "skipped", "done", "skipped", "done"]
    assert result.counts == {"requested": 5, "done": 3, "skipped": 2, "failed": 0}


def test_an_id_given_twice_counts_once(operator: User) -> None:
    run = make_run()
    result = cancel([run.pk, run.pk, run.pk], operator)
    assert result.counts == {"requested": 1, "done": 1, "skipped": 0, "failed": 0}


@pytest.mark.postgresql
def test_another_spelling_of_an_id_is_the_same_run_on_postgresql(operator: User) -> None:
    run = make_run()
    ids = [run.pk.upper(), run.pk, run.pk.replace("-", "")]
    changes = cancel(ids, operator).changes
    assert [(change.outcome, change.reason) for change in changes] == [
        ("done", ""),
        ("skipped", "The same run was given twice."),
        ("skipped", "The same run was given twice."),
    ]
    assert changes[0].target == run.pk


@pytest.mark.sqlite
def test_another_spelling_of_an_id_is_another_run_on_sqlite(operator: User) -> None:
    run = make_run()
    stray = make_run(id=run.pk.upper())
    changes = cancel([stray.pk], operator).changes
    assert [change.outcome for change in changes] == ["done"]
    assert stored(run, "status") == "queued"


def test_the_entry_holds_each_run_before_and_after(operator: User) -> None:
    run, ended = make_run(status="running"), make_run(status="completed")
    entry = cancel([run.pk, ended.pk], operator, reason="  a spike  ").entry
    entry.refresh_from_db()
    assert (entry.verb, entry.outcome, entry.reason, entry.actor) == (
        "runs.cancel",
        "performed",
        "a spike",
        "olga",
    )
    done, skipped = entry.items.order_by("position")
    assert (done.target, done.outcome, skipped.target, skipped.outcome) == (
        run.pk,
        "done",
        ended.pk,
        "skipped",
    )
    assert '"status":"running"' in done.before
    assert '"locked_by":"worker-1"' in done.before
    assert f'"ended_at":"{Run.objects.get(pk=run.pk).ended_at.isoformat()}"' in done.after
    assert (skipped.before, skipped.after) == ("", "")
    assert list(Walk().faults()) == []


def refused(user: User | None, ids: list[str], error: type[Exception], **options: Any) -> AuditEntry:
    """The entry of a call that was refused and changed nothing."""
    before = list(Run.objects.order_by("pk").values_list("pk", "status"))
    with pytest.raises(error):
        cancel(ids, user, **options)
    assert list(Run.objects.order_by("pk").values_list("pk", "status")) == before
    return AuditEntry.objects.get()


@pytest.mark.parametrize("who", ["viewer", "stranger", "inactive", "demoted"])
def test_who_may_not_is_refused_and_audited(who: str, request: pytest.FixtureRequest) -> None:
    run = make_run()
    person = request.getfixturevalue(who if who in {"viewer", "stranger"} else "operator")
    if who == "inactive":
        person.is_active = False
    if who == "demoted":
        person.groups.set(Group.objects.filter(name="Viewer"))
    entry = refused(person, [run.pk], PermissionDenied)
    assert (entry.outcome, entry.verb, entry.actor, entry.reason) == (
        "refused",
        "runs.cancel",
        person.username,
        "spike",
    )
    why = "may not use the console" if who == "inactive" else "lacks runs.cancel_run"
    assert why in entry.parameters
    item = entry.items.get()
    assert (item.target, item.outcome) == (run.pk, "refused")


def test_an_inactive_superuser_is_refused(db: None) -> None:
    boss = User.objects.create(username="boss", is_superuser=True, is_active=False)
    assert refused(boss, [make_run().pk], PermissionDenied).outcome == "refused"


def test_a_refusal_survives_whatever_was_sent(stranger: User) -> None:
    ids = [f"\ud800\x00{number}" + "x" * 10_000 for number in range(2_000)]
    entry = refused(stranger, ids, PermissionDenied, reason="\x00\ud800" * 50_000)
    assert len(entry.reason) <= MAX_REASON
    assert entry.parameters_value["requested"] == len(ids)
    assert [len(item.target) for item in entry.items.all()] == [255] * 100


@pytest.mark.django_db(transaction=True)
def test_a_database_of_another_shape_is_refused_and_named(operator: User) -> None:
    run = make_run()
    rename = "ALTER TABLE function_runs RENAME COLUMN {} TO {}"
    with connection.cursor() as cursor:
        cursor.execute(rename.format("run_after", "run_later"))
    schema.recent.forget()
    try:
        with pytest.raises(EngineMismatch, match=r"function_runs\.run_after is missing"):
            cancel([run.pk], operator)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(rename.format("run_later", "run_after"))
        schema.recent.forget()
    entry = AuditEntry.objects.get()
    assert (entry.outcome, stored(run, "status")) == ("refused", "queued")
    assert "run_after" in entry.parameters


@pytest.mark.parametrize(
    ("ids", "reason", "fields"),
    [
        ([], "why", {"ids"}),
        (["x"], "", {"reason"}),
        (["x"], " \n\t", {"reason"}),
        ([], "", {"ids", "reason"}),
        (["x"], "x" * (MAX_REASON + 1), {"reason"}),
        (["x"], "a\x00b", {"reason"}),
        (["x"], "\ud800", {"reason"}),
        ([str(number) for number in range(MAX_IDS + 1)], "why", {"ids"}),
        (["a\x00b"], "why", {"ids"}),
        (["\ud800"], "why", {"ids"}),
        (["x" * 256], "why", {"ids"}),
        ([""], "why", {"ids"}),
    ],
)
def test_unusable_input_is_named_by_field_and_changes_nothing(
    operator: User, ids: list[str], reason: str, fields: set[str]
) -> None:
    make_run()
    with pytest.raises(InvalidInput) as error:
        cancel(ids, operator, reason)
    assert error.value.fields.keys() == fields
    assert list(Run.objects.values_list("status", flat=True)) == ["queued"]
    assert not AuditEntry.objects.exists()


def test_an_unknown_parameter_is_named(operator: User) -> None:
    with pytest.raises(InvalidInput) as error:
        cancel([make_run().pk], operator, parameters={"force": True})
    assert error.value.fields.keys() == {"force"}


def test_the_longest_reason_and_the_most_ids_are_taken(operator: User) -> None:
    ids = [make_run().pk, *(new_id() for _ in range(MAX_IDS - 1))]
    result = cancel(ids, operator, "x" * MAX_REASON)
    assert (result.counts["done"], result.counts["skipped"]) == (1, MAX_IDS - 1)


def test_a_thousand_runs_take_as_many_queries_as_one(operator: User) -> None:
    event = make_event()
    cancel([make_run(event=event).pk], operator)  # what is remembered between calls is asked now
    counted = []
    for count in (1, 1_000):
        ids = [run.pk for run in copies_of(make_run(event=event), count)]
        with CaptureQueriesContext(connection) as queries:
            assert cancel(ids, operator).counts["done"] == count
        counted.append(len(queries))
    assert counted == [QUERIES, QUERIES]


def test_runs_are_found_by_id_when_statistics_know_of_no_open_ones(operator: User) -> None:
    copies_of(make_run(status="completed"), 3_000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE function_runs")
    ids = [run.pk for run in copies_of(make_run(), 5)]
    with CaptureQueriesContext(connection) as asked:
        assert cancel([*ids, new_id()], operator).counts["done"] == 5
    explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    statements = [one["sql"] for one in asked if "hidden" in one["sql"] or "queued" in one["sql"]]
    about = [sql for sql in statements if '"function_runs"' in sql or "FROM function_runs" in sql]
    with connection.cursor() as cursor:
        for statement in about:
            cursor.execute(f"{explain} {statement}".replace("%", "%%"))
            assert "status" not in "".join(re.findall(r"idx_\w+|console_\w+", str(cursor.fetchall())))
    assert len(about) == (3 if connection.vendor == "postgresql" else 2)


def copies_of(run: Run, count: int) -> list[Run]:
    """As many runs like this one, made at once."""
    columns = {field.attname: getattr(run, field.attname) for field in Run._meta.concrete_fields}
    return Run.objects.bulk_create([Run(**columns | {"id": new_id()}) for _ in range(count)])


def test_a_body_that_fails_changes_nothing_and_is_audited(operator: User) -> None:
    run = make_run()
    with connection.cursor() as cursor:
        for statement in FAIL_ON_UPDATE[connection.vendor]:
            cursor.execute(statement)
    with pytest.raises(DatabaseError, match="no cancel today"):
        cancel([run.pk], operator)
    assert stored(run, "status") == "queued"
    entry = AuditEntry.objects.get()
    assert (entry.outcome, entry.reason) == ("failed", "spike")
    item = entry.items.get()
    assert (item.target, item.outcome) == (run.pk, "failed")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", ["ops_auditentry", "ops_audititem", "ops_audithead"])
def test_nothing_is_done_that_cannot_be_audited(operator: User, table: str) -> None:
    run = make_run()
    rename = "ALTER TABLE {} RENAME TO {}"
    with connection.cursor() as cursor:
        cursor.execute(rename.format(table, f"{table}_away"))
    try:
        with pytest.raises(DatabaseError):
            cancel([run.pk], operator)
        assert stored(run, "status") == "queued"
    finally:
        with connection.cursor() as cursor:
            cursor.execute(rename.format(f"{table}_away", table))
    assert list(Walk().faults()) == []
