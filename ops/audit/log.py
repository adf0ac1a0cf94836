"""The audit log: append-only, hash-chained (ops/audit/chain.py), written in the transaction of the effect."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from ops.access.actors import Actor
from ops.audit.chain import (
    DIGEST_VERSION,
    ITEM,
    SIGNED,
    canonical,
    digest_of,
    fingerprint,
    key_of,
    seal,
    sign,
)
from ops.audit.models import AuditEntry, AuditHead
from ops.engine.values import storable

Row = tuple[Any, ...]

ITEM_COLUMNS = ", ".join(("entry_id", *ITEM))
COPY = f"COPY ops_audititem ({ITEM_COLUMNS}) FROM STDIN"
INSERT = f"INSERT INTO ops_audititem ({ITEM_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s)"  # noqa: S608 - our own names


@dataclass(frozen=True)
class Change:
    """What happened to one target: its columns before and after, empty when nothing changed."""

    target: str
    outcome: str  # done, skipped, failed
    reason: str = ""
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    result: str = ""  # the id of what was made, if anything
    mark: str = ""  # what the target was left as, for an undo that takes only what still is so
    again: bool = False  # whether the same may well succeed a moment later: a job tries once more


def record(
    *,
    actor: Actor,
    verb: str,
    reason: str = "",
    outcome: str = AuditEntry.Outcome.PERFORMED,
    parameters: Mapping[str, Any] | None = None,
    changes: Sequence[Change] = (),
    job: int | None = None,
) -> AuditEntry:
    """Append one entry; call it last in the transaction, because it locks the head of the chain.

    The entries of one `job` share a place in the list.
    """
    who = columns_of(actor)
    told = dict(parameters or {}) if job is None else {**(parameters or {}), "job": job}
    with transaction.atomic():
        head = AuditHead.objects.select_for_update().get(pk=1)
        items = rows_of(changes)
        entry = AuditEntry(
            id=head.number + 1,
            at=timezone.now(),
            verb=verb,
            outcome=outcome,
            reason=storable(reason),
            job=job,
            parameters=canonical(told),
            counts=canonical(counts_of(changes)),
            items_digest=digest_of(items),
            key=fingerprint(settings.SECRET_KEY),
            previous=head.hash,
            digest_version=DIGEST_VERSION,
            **who,
        )
        append(entry, items)
    return entry


def append(entry: AuditEntry, items: Sequence[Row]) -> None:
    """Sign and store the entry, and move the head, which the caller has locked."""
    key = key_of(settings.SECRET_KEY)
    entry.hash = sign([getattr(entry, name) for name in SIGNED], key)
    entry.save(force_insert=True)
    store(entry.pk, items)
    AuditHead.objects.filter(pk=1).update(
        number=entry.pk, hash=entry.hash, seal=seal(entry.pk, entry.hash, key)
    )


def store(entry: int, items: Sequence[Row]) -> None:
    """Insert the items; by COPY on PostgreSQL, because the engine's rows are locked meanwhile."""
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.executemany(INSERT, [(entry, *item) for item in items])
            return
        with connection.wrap_database_errors, cursor.copy(COPY) as copy:
            for item in items:
                copy.write_row((entry, *item))


def columns_of(actor: Actor) -> dict[str, Any]:
    """Who acted, cut to what the columns hold: a caller chooses some of it, and must not choose to fail."""
    return {
        "actor": storable(actor.name)[:150],
        "actor_id": None if actor.user is None else actor.user.pk,
        "roles": storable(actor.roles)[:255],
        "door": actor.door,
        "address": storable(actor.address)[:45],
        "user_agent": storable(actor.user_agent)[:300],
        "request_id": storable(actor.request_id)[:64],
    }


def rows_of(changes: Sequence[Change]) -> list[Row]:
    """The row of each change, in the order of `chain.ITEM`."""
    texts: dict[int, str] = {}

    def text_of(columns: Mapping[str, Any]) -> str:
        """The columns as text, made once where many changes share them."""
        if columns and id(columns) not in texts:
            texts[id(columns)] = canonical(columns)
        return texts[id(columns)] if columns else ""

    return [
        (
            position,
            storable(change.target)[:255],
            change.outcome,
            storable(change.reason),
            text_of(change.before),
            text_of(change.after),
        )
        for position, change in enumerate(changes)
    ]


def counts_of(changes: Sequence[Change]) -> dict[str, int]:
    """requested, done, skipped, failed."""
    outcomes = [change.outcome for change in changes]
    return {"requested": len(outcomes)} | {
        name: outcomes.count(name) for name in ("done", "skipped", "failed")
    }
