"""The chain of the audit log: how an entry is signed, and how every later change is found.

Each entry's hash is an HMAC-SHA256 over its columns, the digest of its items and the hash before it; the head
is sealed the same way. The key is derived from CONSOLE_SECRET_KEY: without it nobody can make the chain whole
again after a change by SQL. docs/audit-chain.md defines every byte of it, docs/decisions/0004 says why.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.conf import settings

from ops.audit.models import GENESIS, AuditEntry, AuditHead, AuditItem

# Version 1 of the digests. Entries of it must verify for ever: what changes a byte of it is another version.
DIGEST_VERSION = 1
SIGNED = (
    "digest_version",
    "id",
    "at",
    "actor",
    "actor_id",
    "roles",
    "door",
    "address",
    "user_agent",
    "request_id",
    "verb",
    "outcome",
    "job",
    "reason",
    "parameters",
    "counts",
    "items_digest",
    "key",
    "previous",
)
READ = (*SIGNED, "hash")
NUMBER = READ.index("id")
ITEM = ("position", "target", "outcome", "reason", "before", "after")
CHUNK = 1_000
ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str)
# RFC 8785. `default` is for rows that were tampered with: nothing else holds what the form has no place for.
DIGESTED = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str)
UNKNOWN_KEY = "signed with a key that is not in CONSOLE_SECRET_KEY or its fallbacks"
UNKNOWN_VERSION = "has digests of version {}, which this console doesn't know: verify it with a newer one"


def canonical(value: Any) -> str:
    """One text per value: compact ASCII JSON with sorted keys."""
    return ENCODER.encode(value)


def digested(values: Sequence[Any]) -> bytes:
    """The bytes over which a digest is made: a JSON array without spaces, in UTF-8."""
    return DIGESTED.encode(values).encode("utf-8", "surrogatepass")


def digest_of(rows: Iterable[Sequence[Any]]) -> str:
    """SHA-256 over items as tuples of ITEM, in their order."""
    return hashlib.sha256(digested(list(rows))).hexdigest()


NO_ITEMS = digest_of(())


def key_of(secret: str) -> bytes:
    """The signing key of a secret."""
    return hashlib.sha256(b"console.audit:" + secret.encode()).digest()


def fingerprint(secret: str) -> str:
    """Names a key without giving it away."""
    return hashlib.sha256(key_of(secret)).hexdigest()[:8]


def known_keys() -> dict[str, bytes]:
    """Fingerprint → key, of CONSOLE_SECRET_KEY and its fallbacks."""
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return {fingerprint(secret): key_of(secret) for secret in secrets}


def sign(values: Sequence[Any], key: bytes) -> str:
    """The hash of an entry, given its columns in the order of SIGNED."""
    return hmac.digest(key, signed_bytes(values), "sha256").hex()


def signed_bytes(values: Sequence[Any]) -> bytes:
    """What the hash of an entry is made over."""
    return digested([moment_text(value) if isinstance(value, datetime) else value for value in values])


def moment_text(moment: datetime) -> str:
    """In UTC with six digits: `2026-11-21T14:07:09.120000Z`."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def seal(number: int, last: str, key: bytes) -> str:
    """Says that the chain ended here; without the key nobody can move the end back."""
    return hmac.digest(key, f"head:{number}:{last}".encode(), "sha256").hex()


def empty_head() -> dict[str, Any]:
    """The head of a log without entries."""
    return {"number": 0, "hash": GENESIS, "seal": seal(0, GENESIS, key_of(settings.SECRET_KEY))}


@dataclass(frozen=True)
class Fault:
    """Where the chain doesn't hold, and why."""

    entry: int
    text: str


class Unreadable(Exception):
    """A column holds what none of its kind can be."""


class Walk:
    """One walk along the whole chain, at any size in little memory, beside writers that go on writing."""

    def __init__(self, *, expected: Mapping[int, str] | None = None) -> None:
        self.expected = dict(expected or {})
        self.keys = known_keys()
        self.entries = 0
        self.number = 0
        self.last = GENESIS

    def faults(self) -> Iterator[Fault]:
        """Every entry that was changed, removed or inserted, as it is found."""
        yield from self.on()
        head = AuditHead.objects.filter(pk=1).first()
        while head is not None and head.number > self.number:
            # Entries written since must be there now: they were committed together with the head.
            before = self.number
            yield from self.on()
            if self.number == before:
                break
            head = AuditHead.objects.filter(pk=1).first()
        yield from self.faults_of_end(head)

    def on(self) -> Iterator[Fault]:
        """From where the walk stands to the last entry that is there now."""
        size, lowest = CHUNK, self.number if self.entries else None
        while True:
            try:
                rows = entries_after(lowest, size)
            except (Unreadable, ValueError, TypeError, OverflowError):
                if size == 1:
                    yield Fault(self.number + 1, "it, or what was put in its place, can't be read")
                    return
                size = 1
                continue
            if not rows:
                return
            digests = digests_between(lowest, rows[-1][NUMBER])
            for row in rows:
                yield from self.step(row, digests.pop(row[NUMBER], NO_ITEMS))
            yield from (Fault(number, "items without their entry") for number in digests)
            lowest = self.number

    def step(self, row: Sequence[Any], digest: str) -> Iterator[Fault]:
        """What is wrong with one entry."""
        if row[NUMBER] != self.number + 1:
            yield Fault(
                row[NUMBER], f"follows number {self.number}: entries between were removed, or it was inserted"
            )
        yield from faults_of(row, digest, previous=self.last, keys=self.keys)
        self.entries += 1
        self.number, self.last = row[NUMBER], row[-1]
        if self.expected.pop(self.number, self.last) != self.last:
            yield Fault(self.number, "is not the entry that was noted")

    def faults_of_end(self, head: AuditHead | None) -> Iterator[Fault]:
        """Whether the chain ends where its head says, and went on beyond what was noted."""
        if orphan := orphan_after(self.number):
            yield Fault(orphan, "items without their entry")
        for number in self.expected:
            yield Fault(number, f"was noted, but the log ends at {self.number}")
        if head is None:
            yield Fault(self.number, "the head of the chain is missing")
        elif (head.number, head.hash) != (self.number, self.last):
            yield Fault(head.number, f"the chain ends at {self.number}, its head says {head.number}")
        elif head.seal not in {seal(head.number, head.hash, key) for key in self.keys.values()}:
            yield Fault(head.number, "the head of the chain was changed: its seal is not ours")


def entries_after(lowest: int | None, limit: int) -> list[tuple[Any, ...]]:
    """The next entries as tuples of READ."""
    found = AuditEntry.objects.order_by("id")
    if lowest is not None:
        found = found.filter(id__gt=lowest)
    rows = list(found.values_list(*READ)[:limit])
    if not all(isinstance(row[NUMBER], int) for row in rows):
        raise Unreadable
    return rows


def digests_between(lowest: int | None, highest: int) -> dict[int, str]:
    """Entry → digest of its items; also of entries that are not there."""
    found = AuditItem.objects.filter(entry_id__lte=highest).order_by("entry_id", "position")
    if lowest is not None:
        found = found.filter(entry_id__gt=lowest)
    rows = found.values_list("entry_id", *ITEM).iterator(chunk_size=CHUNK)
    return {entry: digest_of(row[1:] for row in items) for entry, items in groupby(rows, key=itemgetter(0))}


def orphan_after(number: int) -> int | None:
    """The first item beyond the chain's end whose entry isn't there."""
    beyond = AuditItem.objects.filter(entry_id__gt=number).exclude(
        entry_id__in=AuditEntry.objects.values("id")
    )
    return beyond.order_by("entry_id").values_list("entry_id", flat=True).first()


def faults_of(
    row: Sequence[Any], digest: str, *, previous: str, keys: Mapping[str, bytes]
) -> Iterator[Fault]:
    """What is wrong with one entry, given as a tuple of READ."""
    columns = dict(zip(READ, row, strict=True))
    number, version, key = columns["id"], columns["digest_version"], keys.get(columns["key"])
    if columns["previous"] != previous:
        yield Fault(number, "does not follow the entry before it")
    if version != DIGEST_VERSION:
        yield Fault(number, UNKNOWN_VERSION.format(version))
        return
    if digest != columns["items_digest"]:
        yield Fault(number, "its items were changed, removed or inserted")
    if key is None:
        yield Fault(number, UNKNOWN_KEY)
    elif sign(row[: len(SIGNED)], key) != columns["hash"]:
        yield Fault(number, "was changed or inserted")


def faults_at(entry: AuditEntry) -> list[Fault]:
    """What is wrong with one entry and its links to its neighbours."""
    row = [getattr(entry, name) for name in READ]
    digest = digests_between(entry.pk - 1, entry.pk).get(entry.pk, NO_ITEMS)
    previous = GENESIS if entry.pk == 1 else column_at(entry.pk - 1, "hash") or "missing"
    faults = list(faults_of(row, digest, previous=previous, keys=known_keys()))
    if column_at(entry.pk + 1, "previous") not in {None, entry.hash}:
        faults.append(Fault(entry.pk, "the entry after it does not follow it"))
    return faults


def column_at(number: int, column: str) -> str | None:
    """One column of the entry of that number; None if there is none."""
    return AuditEntry.objects.filter(pk=number).values_list(column, flat=True).first()
