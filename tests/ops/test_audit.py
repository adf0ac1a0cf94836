"""The audit log takes every entry, gives none away, and stays one chain."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, connection, connections, transaction
from django.test import RequestFactory
from structlog.contextvars import bound_contextvars

from ops.access.actors import Actor, actor_of, origin_of
from ops.access.models import User
from ops.audit import log
from ops.audit.chain import Walk
from ops.audit.log import Change
from ops.audit.models import AuditEntry, AuditHead, AuditItem

NASTY = "a\x00b\ud800c" + "x" * 5_000


def write(user: Any, **columns: Any) -> AuditEntry:
    return log.record(actor=Actor(user=user, door="page"), verb="runs.cancel", **columns)


def test_an_entry_says_who_what_why_and_what_came_of_it(operator: User) -> None:
    actor = Actor(user=operator, door="api", address="192.0.2.7", user_agent="curl", request_id="4f1e")
    changes = [
        Change("one", "done", "Final.", {"status": "queued"}, {"status": "cancelled"}),
        Change("two", "skipped", "Already failed."),
        Change("three", "failed", "Too late."),
    ]
    log.record(actor=actor, verb="runs.cancel", reason="spike", parameters={"a": 1}, changes=changes)
    entry = AuditEntry.objects.get()
    assert (entry.pk, entry.actor, entry.actor_id, entry.roles) == (1, "olga", operator.pk, "Operator")
    assert (entry.door, entry.address, entry.user_agent, entry.request_id) == (
        "api",
        "192.0.2.7",
        "curl",
        "4f1e",
    )
    assert (entry.verb, entry.outcome, entry.reason, entry.parameters_value) == (
        "runs.cancel",
        "performed",
        "spike",
        {"a": 1},
    )
    assert entry.counts_value == {"requested": 3, "done": 1, "skipped": 1, "failed": 1}
    items = list(
        entry.items.order_by("position").values_list("target", "outcome", "reason", "before", "after")
    )
    assert items == [
        ("one", "done", "Final.", '{"status":"queued"}', '{"status":"cancelled"}'),
        ("two", "skipped", "Already failed.", "", ""),
        ("three", "failed", "Too late.", "", ""),
    ]


def test_the_entry_outlives_the_person_and_the_role(operator: User) -> None:
    entry = write(operator)
    operator.groups.clear()
    operator.delete()
    entry.refresh_from_db()
    assert (entry.actor, entry.roles) == ("olga", "Operator")


def test_the_console_itself_and_a_visitor_are_told_from_a_person_of_that_name(db: None) -> None:
    namesake = User.objects.create(username="system")
    doors = [
        Actor(user=None, door="system"),
        Actor(user=namesake, door="page"),
        Actor(user=AnonymousUser(), door="page"),
    ]
    found = [log.record(actor=actor, verb="x") for actor in doors]
    assert [(entry.actor, entry.actor_id) for entry in found] == [
        ("system", None),
        ("system", namesake.pk),
        ("visitor", None),
    ]


def test_nothing_that_a_caller_sends_makes_the_entry_fail(operator: User) -> None:
    request = RequestFactory().get("/", headers={"user-agent": NASTY}, REMOTE_ADDR=NASTY)
    request.user = operator
    change = Change(NASTY, "skipped", NASTY, {"worker": NASTY}, {"worker": NASTY})
    with bound_contextvars(request_id=NASTY):  # from the header X-Request-ID
        actor = actor_of(request, door="page")
    entry = log.record(actor=actor, verb="x", reason=NASTY, parameters={NASTY: NASTY}, changes=[change])
    entry.refresh_from_db()
    assert entry.reason.startswith("a\ufffdb?cx")
    assert (len(entry.user_agent), len(entry.address), len(entry.request_id)) == (300, 45, 64)
    assert entry.parameters_value == {NASTY: NASTY}
    assert list(Walk().faults()) == []


def test_a_forwarded_address_is_not_believed(rf: RequestFactory) -> None:
    request = rf.get("/", headers={"x-forwarded-for": "203.0.113.9"}, REMOTE_ADDR="192.0.2.7")
    assert origin_of(request)["address"] == "192.0.2.7"


def test_a_visitor_is_no_actor(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = AnonymousUser()
    with pytest.raises(ValueError, match="anonymous"):
        actor_of(request, door="page")


def test_nobody_is_not_the_console(operator: User) -> None:
    assert Actor(user=None, door="system").may("runs.cancel_run")
    assert Actor(user=operator, door="page").may("runs.cancel_run")
    for door in ("page", "api", "command", "job"):
        assert not Actor(user=None, door=door).may("runs.cancel_run")
    assert not Actor(user=AnonymousUser(), door="page").may("runs.cancel_run")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ops_auditentry SET reason = 'forged'",
        "UPDATE ops_audititem SET after = ''",
        "DELETE FROM ops_auditentry",
        "DELETE FROM ops_audititem",
    ],
)
def test_the_database_refuses_every_change(operator: User, statement: str) -> None:
    write(operator, changes=[Change("one", "done")])
    refuse(statement)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", ["ops_auditentry", "ops_audititem"])
def test_postgresql_refuses_to_truncate(operator: User, table: str) -> None:
    write(operator, changes=[Change("one", "done")])
    refuse(f"TRUNCATE {table} CASCADE")


@pytest.mark.sqlite
@pytest.mark.parametrize("table", ["ops_auditentry", "ops_audititem"])
def test_sqlite_refuses_to_replace(operator: User, table: str) -> None:
    write(operator, changes=[Change("one", "done")])
    refuse(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")  # noqa: S608 - a constant


def refuse(statement: str) -> None:
    before = list(AuditEntry.objects.values()), list(AuditItem.objects.values())
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert (list(AuditEntry.objects.values()), list(AuditItem.objects.values())) == before


def test_models_and_querysets_cannot_change_it_either(operator: User) -> None:
    entry = write(operator)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        entry.save()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEntry.objects.all().delete()


def test_a_transaction_that_fails_leaves_no_entry_and_no_gap(operator: User) -> None:
    write(operator)
    with pytest.raises(RuntimeError), transaction.atomic():
        write(operator)
        raise RuntimeError
    write(operator)
    assert list(AuditEntry.objects.order_by("pk").values_list("pk", flat=True)) == [1, 2]
    assert list(Walk().faults()) == []


@pytest.mark.django_db(transaction=True)
def test_writers_at_the_same_time_make_one_chain(operator: User) -> None:
    def write_some(writer: int) -> None:
        try:
            for number in range(10):
                write(operator, reason=f"{writer}.{number}", changes=[Change("one", "done")])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write_some, range(4)))
    walk = Walk()
    assert list(walk.faults()) == []
    assert walk.entries == AuditHead.objects.get().number == 40
    for writer in range(4):
        mine = AuditEntry.objects.filter(reason__startswith=f"{writer}.").order_by("pk")
        assert list(mine.values_list("reason", flat=True)) == [f"{writer}.{number}" for number in range(10)]


@pytest.mark.django_db(transaction=True)
def test_a_walk_beside_writers_finds_no_faults(operator: User) -> None:
    def write_some() -> None:
        try:
            for _ in range(40):
                write(operator, changes=[Change("one", "done")])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write_some)
        walks = 0
        while not writing.done() or not walks:
            assert list(Walk().faults()) == []
            walks += 1
        writing.result()


def test_a_thousand_items_are_written_in_as_many_queries_as_one(
    operator: User, django_assert_num_queries: Any
) -> None:
    for count in (1, 1_000):
        changes = [Change(f"run-{number}", "done", "", {"a": 1}, {"a": 2}) for number in range(count)]
        with django_assert_num_queries(7):
            write(operator, changes=changes)
    assert AuditItem.objects.count() == 1_001
