"""The audit log's chain finds every change that was made by SQL."""

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection, transaction

from ops.access.actors import Actor
from ops.access.models import User
from ops.audit import chain
from ops.audit import log as audit_log
from ops.audit.log import Change
from ops.audit.models import AuditEntry, AuditHead, AuditItem
from ops.audit.triggers import protect, unprotect

ENTRIES = 5
COLUMNS = {field.column: field for field in AuditEntry._meta.concrete_fields}
COPY_ENTRY = (
    "INSERT INTO ops_auditentry (id, {columns}) SELECT %s, {columns} FROM ops_auditentry WHERE id = 2"
)
COPY_ITEM = (
    "INSERT INTO ops_audititem (entry_id, position, target, outcome, reason, before, after)"
    " SELECT 3, 2, target, outcome, reason, before, after FROM ops_audititem"
    " WHERE entry_id = 3 AND position = 0"
)
ITEM_COLUMNS = {field.column: field for field in AuditItem._meta.concrete_fields if field.column}


@pytest.fixture
def log(db: None, operator: User) -> Iterator[Actor]:
    """Five entries of two items each, with the triggers taken away as an attacker would."""
    actor = Actor(user=operator, door="page", address="192.0.2.7", user_agent="Firefox")
    for number in range(ENTRIES):
        write(actor, number)
    unprotect(connection)
    yield actor
    sql("DELETE FROM ops_audititem")
    sql("DELETE FROM ops_auditentry")
    protect(connection)


def write(actor: Actor, number: int) -> AuditEntry:
    changes = [
        Change(f"run-{number}", "done", "", {"status": "queued"}, {"status": "cancelled"}),
        Change(f"other-{number}", "skipped", "Already completed."),
    ]
    return audit_log.record(actor=actor, verb="runs.cancel", reason=f"reason {number}", changes=changes)


def sql(statement: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def faults(**expected: Any) -> dict[int, str]:
    """Entry → what is wrong with it."""
    found: dict[int, str] = {}
    for fault in chain.Walk(**expected).faults():
        found[fault.entry] = f"{found.get(fault.entry, '')} {fault.text}".strip()
    return found


def another(kind: str) -> Any:
    """A value that no column of the kind holds yet."""
    if kind == "DateTimeField":
        return "2001-01-01 00:00:00"
    return 77 if kind.endswith("IntegerField") or kind == "ForeignKey" else "forged"


def test_an_untouched_log_has_no_faults(log: Actor) -> None:
    walk = chain.Walk()
    assert list(walk.faults()) == []
    assert (walk.entries, walk.last) == (ENTRIES, AuditHead.objects.get().hash)
    assert [chain.faults_at(entry) for entry in AuditEntry.objects.all()] == [[]] * ENTRIES


def test_an_empty_log_has_no_faults(db: None) -> None:
    assert faults() == {}


@pytest.mark.parametrize("column", COLUMNS)
def test_a_change_of_any_column_of_an_entry_names_it(log: Actor, column: str) -> None:
    value = another(COLUMNS[column].get_internal_type())
    sql(f"UPDATE ops_auditentry SET {column} = %s WHERE id = 3", value)  # noqa: S608 - a constant
    found = faults()
    assert found.keys() & {3, 77}
    if column != "id":
        assert chain.faults_at(AuditEntry.objects.get(pk=3))


@pytest.mark.parametrize("column", ITEM_COLUMNS)
def test_a_change_of_any_column_of_an_item_names_its_entry(log: Actor, column: str) -> None:
    value = another(ITEM_COLUMNS[column].get_internal_type())
    sql(f"UPDATE ops_audititem SET {column} = %s WHERE entry_id = 3 AND position = 1", value)  # noqa: S608
    assert "items were changed" in faults()[3]
    assert chain.faults_at(AuditEntry.objects.get(pk=3))


@pytest.mark.parametrize(
    ("where", "named"),
    [("id = 1", 2), ("id = 3", 4), ("id IN (2, 3, 4)", 5), (f"id = {ENTRIES}", ENTRIES), ("id > 0", ENTRIES)],
    ids=["first", "middle", "several", "last", "all"],
)
@pytest.mark.parametrize("with_items", [True, False])
def test_a_removed_entry_is_missed(log: Actor, where: str, named: int, with_items: bool) -> None:  # noqa: FBT001 - a parameter
    if with_items:
        sql(f"DELETE FROM ops_audititem WHERE entry_id IN (SELECT id FROM ops_auditentry WHERE {where})")  # noqa: S608
    sql(f"DELETE FROM ops_auditentry WHERE {where}")  # noqa: S608 - a constant
    found = faults()
    assert named in found
    assert with_items or "items without their entry" in " ".join(found.values())


@pytest.mark.parametrize(
    "where", ["entry_id = 3 AND position = 0", "entry_id = 3 AND position = 1", "entry_id = 3"]
)
def test_a_removed_item_is_missed(log: Actor, where: str) -> None:
    sql(f"DELETE FROM ops_audititem WHERE {where}")  # noqa: S608 - a constant
    assert faults() == {3: "its items were changed, removed or inserted"}


def test_an_inserted_item_is_found(log: Actor) -> None:
    sql(COPY_ITEM)
    assert faults() == {3: "its items were changed, removed or inserted"}


@pytest.mark.parametrize("number", [-4, 0, ENTRIES + 1, ENTRIES + 100])
def test_an_inserted_entry_is_found(log: Actor, number: int) -> None:
    columns = ", ".join(name for name in COLUMNS if name and name != "id")
    sql(COPY_ENTRY.format(columns=columns), number)
    assert "was changed or inserted" in faults()[number]


def test_exchanged_entries_are_found(log: Actor) -> None:
    for old, new in ((2, 99), (3, 2), (99, 3)):
        sql("UPDATE ops_auditentry SET id = %s WHERE id = %s", new, old)
        sql("UPDATE ops_audititem SET entry_id = %s WHERE entry_id = %s", new, old)
    assert faults().keys() >= {2, 3}


def test_exchanged_items_are_found(log: Actor) -> None:
    sql("UPDATE ops_audititem SET position = 2 WHERE entry_id = 3 AND position = 0")
    sql("UPDATE ops_audititem SET position = 0 WHERE entry_id = 3 AND position = 1")
    sql("UPDATE ops_audititem SET position = 1 WHERE entry_id = 3 AND position = 2")
    assert faults().keys() == {3}


def test_who_signs_again_without_the_key_is_found(log: Actor) -> None:
    forge_from(3, secret="guessed")
    found = faults()
    assert found.keys() == {3, 4, 5}
    assert all("was changed or inserted" in text for text in found.values())


def forge_from(first: int, *, secret: str) -> None:
    """Change an entry's reason, and sign it and all that follow with another secret."""
    sql("UPDATE ops_auditentry SET reason = 'forged' WHERE id = %s", first)
    key = chain.key_of(secret)
    previous = AuditEntry.objects.get(pk=first - 1).hash
    for entry in AuditEntry.objects.filter(pk__gte=first).order_by("pk"):
        entry.previous = previous
        entry.hash = previous = chain.sign([getattr(entry, name) for name in chain.SIGNED], key)
        sql(
            "UPDATE ops_auditentry SET previous = %s, hash = %s WHERE id = %s",
            entry.previous,
            entry.hash,
            entry.pk,
        )
    sealed = chain.seal(ENTRIES, previous, key)
    sql("UPDATE ops_audithead SET hash = %s, seal = %s", previous, sealed)


def test_the_end_cannot_be_moved_back_with_what_is_in_the_log(log: Actor) -> None:
    before = AuditEntry.objects.get(pk=ENTRIES - 1)
    sql("DELETE FROM ops_audititem WHERE entry_id = %s", ENTRIES)
    sql("DELETE FROM ops_auditentry WHERE id = %s", ENTRIES)
    sql("UPDATE ops_audithead SET number = %s, hash = %s", before.pk, before.hash)
    assert faults() == {ENTRIES - 1: "the head of the chain was changed: its seal is not ours"}


@pytest.mark.parametrize(
    "change", ["number = 4", "number = 9", "hash = 'forged'", "seal = 'forged'", "id = 2"]
)
def test_a_changed_head_is_found(log: Actor, change: str) -> None:
    sql(f"UPDATE ops_audithead SET {change}")  # noqa: S608 - a constant
    assert "head" in " ".join(faults().values())


def test_a_removed_head_is_found_and_nothing_is_written_without_it(log: Actor) -> None:
    sql("DELETE FROM ops_audithead")
    assert faults() == {ENTRIES: "the head of the chain is missing"}
    with pytest.raises(AuditHead.DoesNotExist), transaction.atomic():
        write(log, 9)


def test_a_noted_head_proves_that_nothing_was_rolled_back(log: Actor, operator: User) -> None:
    noted = {entry.pk: entry.hash for entry in AuditEntry.objects.all()}
    write(log, ENTRIES)
    assert faults(expected=noted) == {}
    assert faults(expected={3: "0" * 64}) == {3: "is not the entry that was noted"}
    assert faults(expected={9: noted[3]}) == {9: f"was noted, but the log ends at {ENTRIES + 1}"}


def test_a_new_secret_leaves_the_old_entries_valid(log: Actor, settings: LazySettings) -> None:
    old = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "the next secret", [old]
    write(log, ENTRIES)
    assert faults() == {}
    assert len(set(AuditEntry.objects.values_list("key", flat=True))) == 2
    settings.SECRET_KEY_FALLBACKS = []
    found = faults()
    assert found.keys() == set(range(1, ENTRIES + 1))
    assert set(found.values()) == {chain.UNKNOWN_KEY}


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("column", "value"), [("at", "2026-99-99 99:99:99"), ("at", "soon"), ("id", "three"), ("reason", b"\xff")]
)
def test_a_value_of_no_possible_kind_is_named_and_not_an_error(log: Actor, column: str, value: Any) -> None:
    sql(f"UPDATE ops_auditentry SET {column} = %s WHERE id = 3", value)  # noqa: S608 - a constant
    assert faults().keys() & {3, 4, 5}


def test_many_entries_are_walked_in_chunks(log: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "CHUNK", 2)
    assert faults() == {}
    sql("DELETE FROM ops_audititem WHERE entry_id = 4")
    assert faults().keys() == {4}


def test_the_digest_has_no_two_readings() -> None:
    one, other = [(0, "a", "b", "", "", "")], [(0, 'a","b', "", "", "", "")]
    assert chain.digest_of(one) != chain.digest_of(other)
    assert hashlib.sha256(b"[]").hexdigest() == chain.NO_ITEMS
