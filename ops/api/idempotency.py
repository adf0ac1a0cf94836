"""`Idempotency-Key`: the same request sent twice is done once, and answered twice the same.

The key's row is inserted before the deed and committed with it, so that a second request that arrives
meanwhile waits for the first, and a process that dies leaves neither deed nor key. The header is that of
draft-ietf-httpapi-idempotency-key-header.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import Error, IntegrityError, models, transaction
from django.http import HttpRequest
from django.utils import timezone

from ops.platform.errors import InvalidInput, StateConflict

# Status and JSON.
Answer = tuple[int, Any]

LONGEST = 255
HEADER = "Idempotency-Key"
OTHER = "This Idempotency-Key was used for another request. Use a new one for each request."


class KnownRequest(models.Model):
    """A request that was done, and its answer."""

    user_id = models.BigIntegerField()
    key = models.CharField(max_length=LONGEST)
    digest = models.CharField(max_length=64, help_text="SHA-256 of method, address and body.")
    status = models.IntegerField(default=0)
    answer = models.TextField(default="")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("user_id", "key"), name="known_request_key"),)

    def __str__(self) -> str:
        return f"{self.key}: {self.status}"


def once(request: HttpRequest, key: str, do: Callable[[], Answer]) -> Answer:
    """Status and JSON of the request's answer: done now, or as it was answered before.

    Raises InvalidInput for a key that can't be used and StateConflict for one that was used otherwise.
    """
    if not 0 < len(key) <= LONGEST:
        raise InvalidInput({HEADER: f"Give 1 to {LONGEST} characters."})
    return done_once(user_id=request.user.pk or 0, key=key, digest=digest_of(request), do=do)


def done_once(*, user_id: int, key: str, digest: str, do: Callable[[], Answer]) -> Answer:
    """What `do` answers, or what it answered when this key came first; a second caller waits for the first.

    When it raises, or answers that the server failed, the key stays free, and what it wrote to the audit log
    is kept. Raises StateConflict for a key that came with another digest.
    """
    asked = {"user_id": user_id, "key": key}
    expired().filter(**asked).delete()
    failure: Exception | None = None
    with transaction.atomic():
        known = first_of(asked, digest)
        if known is None:
            return answered_before(KnownRequest.objects.filter(**asked).first(), digest)
        try:
            status, answer = do()
        except Exception as error:  # noqa: BLE001 - raised below: here it would take the audit entry along
            status, answer, failure = 500, None, error
        if status >= 500:
            release(known)
        else:
            KnownRequest.objects.filter(pk=known.pk).update(status=status, answer=json.dumps(answer))
    if failure is not None:
        raise failure
    return status, answer


def first_of(asked: dict[str, Any], digest: str) -> KnownRequest | None:
    """The key's new row; None if it came before."""
    try:
        with transaction.atomic():
            return KnownRequest.objects.create(digest=digest, **asked)
    except IntegrityError:
        return None


def release(known: KnownRequest) -> None:
    """Let the request be tried again with its key, and keep what the audit log says of the failure.

    A verb that failed has rolled itself back. After an error outside of a verb, PostgreSQL accepts no further
    statement in the transaction, so all of it is rolled back.
    """
    try:
        with transaction.atomic():
            known.delete()
    except Error:
        transaction.set_rollback(True)


def answered_before(known: KnownRequest | None, digest: str) -> Answer:
    """The answer that the first request got."""
    if known is None or known.digest != digest:
        raise StateConflict(OTHER)
    return int(known.status), json.loads(known.answer)


def digest_of(request: HttpRequest) -> str:
    """What makes a request the same as another."""
    text = f"{request.method} {request.get_full_path()}\n".encode() + request.body
    return hashlib.sha256(text).hexdigest()


def expired() -> models.QuerySet[KnownRequest]:
    """The requests whose answers are no longer kept."""
    return KnownRequest.objects.filter(
        created_at__lt=timezone.now() - timedelta(hours=settings.IDEMPOTENCY_HOURS)
    )
