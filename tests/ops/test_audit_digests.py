"""The form of the audit log's digests: an auditor gets the same from the documentation, without our code."""

import hashlib
import hmac
import json
import re
import shutil
import subprocess
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from ops.access.actors import Actor
from ops.access.models import User
from ops.audit import chain
from ops.audit import log as audit_log
from ops.audit.log import Change
from ops.audit.models import GENESIS, AuditEntry, AuditHead, AuditItem
from ops.audit.triggers import protect, unprotect

VECTORS: list[dict[str, Any]] = json.loads(Path(__file__).with_name("audit_vectors.json").read_text("utf-8"))
GUIDE = (Path(__file__).parents[2] / "docs" / "audit-chain.md").read_text("utf-8")
ITEMS = (
    "SELECT position, target, outcome, reason, before, after FROM ops_audititem"
    " WHERE entry_id = %s ORDER BY position"
)
SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
ODD = '“quoted” " \\ / \t\n\x00\x01\x7f é 𝄞 \u2028 \ud800 <&>'

every_vector = pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])


def written(value: Any) -> str:
    """RFC 8785, of what an entry holds."""
    if isinstance(value, list | tuple):
        return f"[{','.join(map(written, value))}]"
    if isinstance(value, str):
        return f'"{"".join(map(escaped, value))}"'
    return "null" if value is None else str(value)


def escaped(one: str) -> str:
    return SHORT.get(one) or (one if one >= " " else f"\\u{ord(one):04x}")


def signing_key(secret: str) -> bytes:
    return hashlib.sha256(f"console.audit:{secret}".encode()).digest()


def keyed(secret: str, text: str) -> str:
    return hmac.new(signing_key(secret), text.encode(), "sha256").hexdigest()


@every_vector
def test_the_documented_form_gives_the_recorded_digests(vector: dict[str, Any]) -> None:
    entry, items, secret = vector["entry"], vector["items"], vector["secret"]
    assert written(items) == vector["digested_items"]
    assert hashlib.sha256(written(items).encode()).hexdigest() == entry["items_digest"]
    assert hashlib.sha256(signing_key(secret)).hexdigest()[:8] == entry["key"]
    assert written(list(entry.values())) == vector["digested_entry"]
    assert keyed(secret, vector["digested_entry"]) == vector["hash"]
    assert keyed(secret, f"head:{entry['id']}:{vector['hash']}") == vector["seal"]


@every_vector
def test_the_console_makes_the_recorded_digests(vector: dict[str, Any]) -> None:
    entry, key = vector["entry"], chain.key_of(vector["secret"])
    values = [entry[name] for name in chain.SIGNED]
    values[chain.SIGNED.index("at")] = datetime.fromisoformat(entry["at"])
    assert list(entry) == list(chain.SIGNED)
    assert chain.signed_bytes(values).decode() == vector["digested_entry"]
    assert chain.digest_of(vector["items"]) == entry["items_digest"]
    assert chain.fingerprint(vector["secret"]) == entry["key"]
    assert chain.sign(values, key) == vector["hash"]
    assert chain.seal(entry["id"], vector["hash"], key) == vector["seal"]


def test_the_recorded_entries_are_one_chain() -> None:
    hashes = [GENESIS, *(vector["hash"] for vector in VECTORS)]
    assert [vector["entry"]["previous"] for vector in VECTORS] == hashes[:-1]


def test_the_guide_lists_every_column_in_its_place() -> None:
    rows = re.findall(r"^\| (\d+) \| `(\w+)`", GUIDE, re.MULTILINE)
    assert rows == [(str(place), name) for place, name in enumerate(chain.SIGNED, 1)]
    columns = {field.column for field in AuditEntry._meta.concrete_fields}
    assert columns - set(chain.SIGNED) == {"hash"}
    assert {f.column for f in AuditItem._meta.concrete_fields if f.column} - set(chain.ITEM) == {"entry_id"}


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")
def test_the_guide_s_example_prints_what_it_says(tmp_path: Path) -> None:
    items, entry = re.findall(r"```json\n(.*?)\n```", GUIDE)
    assert (items, entry) == (VECTORS[0]["digested_items"], VECTORS[0]["digested_entry"])
    (tmp_path / "items").write_text(items, "utf-8")
    (tmp_path / "entry").write_text(entry, "utf-8")
    commands, printed = re.findall(r"```(?:sh|text)\n(.*?)```", GUIDE, re.DOTALL)
    ran = subprocess.run(["sh", "-c", commands], cwd=tmp_path, capture_output=True, text=True, check=True)  # noqa: S603, S607
    assert ran.stdout == printed


def raw(query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Rows as the database holds them."""
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall())


def moment(stored: Any) -> str:
    """A datetime of PostgreSQL, or SQLite's text, as the guide writes it."""
    found = stored if isinstance(stored, datetime) else datetime.fromisoformat(stored).replace(tzinfo=UTC)
    return found.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_what_the_console_wrote_verifies_from_its_rows_alone(operator: User, settings: Any) -> None:
    actor = Actor(user=operator, door="page", address="192.0.2.7", user_agent=ODD, request_id="4f1e")
    changes = [
        Change("one", "done", ODD, {"error": ODD, "attempt": 1}, {"error": None}),
        Change(ODD, "skipped"),
    ]
    audit_log.record(
        actor=actor, verb="runs.cancel", reason=ODD, parameters={"text": ODD}, changes=changes, job=3
    )
    audit_log.record(actor=Actor(user=None, door="system"), verb="x")
    previous, columns = "0" * 64, re.findall(r"^\| \d+ \| `(\w+)`", GUIDE, re.MULTILINE)
    for *values, digest in raw(f"SELECT {', '.join(columns)}, hash FROM ops_auditentry ORDER BY id"):  # noqa: S608
        entry = dict(zip(columns, values, strict=True))
        items = raw(ITEMS, entry["id"])
        assert (entry["previous"], entry["digest_version"]) == (previous, 1)
        assert entry["items_digest"] == hashlib.sha256(written(items).encode()).hexdigest()
        entry["at"] = moment(entry["at"])
        previous = keyed(settings.SECRET_KEY, written(list(entry.values())))
        assert digest == previous
    assert raw("SELECT number, hash, seal FROM ops_audithead") == [
        (2, previous, keyed(settings.SECRET_KEY, f"head:2:{previous}"))
    ]


@pytest.fixture
def of_another_version(operator: User) -> AuditEntry:
    """The second of three entries, which says that its digests have another form."""
    for _ in range(3):
        audit_log.record(
            actor=Actor(user=operator, door="page"), verb="runs.cancel", changes=[Change("a", "done")]
        )
    unprotect(connection)
    AuditEntry.objects.filter(pk=2).update(digest_version=7)
    protect(connection)
    return AuditEntry.objects.get(pk=2)


SENTENCE = "has digests of version 7, which this console doesn't know: verify it with a newer one"


def test_an_unknown_version_is_refused_by_the_command(of_another_version: AuditEntry, capsys: Any) -> None:
    with pytest.raises(CommandError, match="not intact: 1 faults"):
        call_command("audit", "verify")
    head = AuditHead.objects.get()
    assert capsys.readouterr().out == f"Entry 2: {SENTENCE}.\n3 entries. Head 3:{head.hash}\n"


def test_an_unknown_version_is_told_on_the_page(
    client: Client, operator: User, of_another_version: AuditEntry
) -> None:
    client.force_login(operator)
    page = client.get("/audit/2").content.decode()
    assert "This entry doesn't verify." in page
    assert f"H{SENTENCE[1:]}" in unescape(page)
    assert "This entry and its links hold" in client.get("/audit/1").content.decode()


def test_an_unknown_version_is_told_by_the_api(
    client: Client, operator: User, of_another_version: AuditEntry
) -> None:
    client.force_login(operator)
    answer = client.get("/api/audit/2/proof").json()
    assert answer == {
        "digest_version": 7,
        "key": of_another_version.key,
        "items_digest": of_another_version.items_digest,
        "previous": of_another_version.previous,
        "hash": of_another_version.hash,
        "faults": [SENTENCE],
    }
    assert client.get("/api/audit/1/proof").json()["faults"] == []


def test_a_digest_that_is_no_ascii_is_a_fault_and_not_an_error(operator: User) -> None:
    audit_log.record(actor=Actor(user=operator, door="page"), verb="x")
    unprotect(connection)
    AuditEntry.objects.update(hash="gefälscht")
    AuditHead.objects.update(seal="gefälscht")
    protect(connection)
    assert {fault.text for fault in chain.Walk().faults()} == {
        "was changed or inserted",
        "the chain ends at 1, its head says 1",
    }
