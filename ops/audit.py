"""The audit log: append-only, hash-chained, written in the transaction of the effect.

Each entry's hash is an HMAC-SHA256 over its fields, the digest of its items and the hash before it, under
a key derived from SECRET_KEY; without the key nobody can recompute the chain after a change by SQL.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ops.actors import Actor
from ops.models import GENESIS, AuditEntry, AuditHead, AuditItem

SIGNED = (
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
    "reason",
    "parameters",
    "counts",
    "items_digest",
    "key",
    "previous",
)


@dataclass(frozen=True)
class Change:
    """What happened to one target: its columns before and after, empty when nothing changed."""

    target: str
    outcome: str  # done, skipped, failed
    reason: str = ""
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)


def record(
    *,
    actor: Actor,
    verb: str,
    reason: str = "",
    outcome: str = AuditEntry.Outcome.PERFORMED,
    parameters: Mapping[str, Any] | None = None,
    changes: Sequence[Change] = (),
) -> AuditEntry:
    """Append one entry; call it last in the transaction, because it locks the head of the chain."""
    roles = actor.roles[:255]
    with transaction.atomic():
        head = AuditHead.objects.select_for_update().get(pk=1)
        items = [item_of(head.number + 1, position, change) for position, change in enumerate(changes)]
        entry = AuditEntry(
            id=head.number + 1,
            at=timezone.now(),
            actor=actor.name,
            actor_id=None if actor.user is None else actor.user.pk,
            roles=roles,
            door=actor.door,
            address=actor.address,
            user_agent=actor.user_agent,
            request_id=actor.request_id,
            verb=verb,
            outcome=outcome,
            reason=reason,
            parameters=canonical(parameters or {}),
            counts=canonical(counts_of(changes)),
            items_digest=digest_of(items),
            key=fingerprint(settings.SECRET_KEY),
            previous=head.hash,
        )
        entry.hash = sign(entry, settings.SECRET_KEY)
        entry.save(force_insert=True)
        AuditItem.objects.bulk_create(items, batch_size=1000)
        AuditHead.objects.filter(pk=1).update(number=entry.pk, hash=entry.hash)
    return entry


def item_of(entry: int, position: int, change: Change) -> AuditItem:
    """The row of one change."""
    return AuditItem(
        entry_id=entry,
        position=position,
        target=change.target,
        outcome=change.outcome,
        reason=change.reason,
        before=canonical(change.before) if change.before else "",
        after=canonical(change.after) if change.after else "",
    )


def counts_of(changes: Sequence[Change]) -> dict[str, int]:
    """requested, done, skipped, failed."""
    outcomes = [change.outcome for change in changes]
    return {"requested": len(outcomes)} | {
        name: outcomes.count(name) for name in ("done", "skipped", "failed")
    }


def canonical(value: Any) -> str:
    """One text per value: compact JSON with sorted keys."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def digest_of(items: Iterable[AuditItem]) -> str:
    """SHA-256 over the items in their order."""
    digest = hashlib.sha256()
    for item in items:
        row = [item.position, item.target, item.outcome, item.reason, item.before, item.after]
        digest.update(canonical(row).encode() + b"\n")
    return digest.hexdigest()


def sign(entry: AuditEntry, secret: str) -> str:
    """The entry's link of the chain."""
    fields = {name: getattr(entry, name) for name in SIGNED} | {"at": entry.at.isoformat()}
    return hmac.new(key_of(secret), canonical(fields).encode(), hashlib.sha256).hexdigest()


def key_of(secret: str) -> bytes:
    """The signing key of a secret."""
    return hashlib.sha256(b"console.audit:" + secret.encode()).digest()


def fingerprint(secret: str) -> str:
    """Names a key without giving it away."""
    return hashlib.sha256(key_of(secret)).hexdigest()[:8]


@dataclass(frozen=True)
class Fault:
    """Where the chain doesn't hold, and why."""

    entry: int
    text: str


def verify() -> Iterator[Fault]:
    """Walk the whole chain; yields every changed, removed or inserted entry or item."""
    secrets = {
        fingerprint(secret): secret for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    }
    number, previous = 0, GENESIS
    items = grouped_items()
    waiting = next(items, None)
    for entry in AuditEntry.objects.order_by("id").iterator(chunk_size=2000):
        if entry.pk != number + 1:
            yield Fault(entry.pk, f"entries {number + 1} to {entry.pk - 1} are missing")
        while waiting is not None and waiting[0] < entry.pk:
            yield Fault(waiting[0], "items without their entry")
            waiting = next(items, None)
        rows: list[AuditItem] = []
        if waiting is not None and waiting[0] == entry.pk:
            rows, waiting = waiting[1], next(items, None)
        yield from faults_of(entry, rows, previous=previous, secrets=secrets)
        number, previous = entry.pk, entry.hash
    if waiting is not None:
        yield Fault(waiting[0], "items without their entry")
    yield from faults_of_head(number, previous)


def grouped_items() -> Iterator[tuple[int, list[AuditItem]]]:
    """The items of each entry, in the order of the chain."""
    rows = AuditItem.objects.order_by("entry_id", "position", "pk").iterator(chunk_size=2000)
    for entry, items in groupby(rows, key=lambda item: item.entry_id):
        yield entry, list(items)


def faults_of(
    entry: AuditEntry, items: list[AuditItem], *, previous: str, secrets: Mapping[str, str]
) -> Iterator[Fault]:
    """What is wrong with one entry."""
    if entry.previous != previous:
        yield Fault(entry.pk, "does not follow the entry before it")
    if digest_of(items) != entry.items_digest:
        yield Fault(entry.pk, "its items were changed, removed or inserted")
    secret = secrets.get(entry.key)
    if secret is None:
        yield Fault(entry.pk, "signed with a key that is not in CONSOLE_SECRET_KEY or its fallbacks")
    elif not hmac.compare_digest(sign(entry, secret), entry.hash):
        yield Fault(entry.pk, "was changed or inserted")


def faults_of_head(number: int, last: str) -> Iterator[Fault]:
    """Whether the end of the chain is where the head says."""
    head = AuditHead.objects.filter(pk=1).first()
    if head is None:
        yield Fault(number, "the head of the chain is missing")
    elif (head.number, head.hash) != (number, last):
        yield Fault(head.number, f"the chain ends at {number}, its head says {head.number}")
