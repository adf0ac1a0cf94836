"""API tokens: a secret that is shown once and kept as a digest; each carries its owner's permissions."""

import hashlib
import hmac
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from ops.access.actors import Actor, may_enter
from ops.access.rights import rights
from ops.audit import log
from ops.audit.log import Change
from ops.platform.errors import InvalidInput
from ops.tokens.models import ApiToken

DAYS = 90
MAX_DAYS = 3_650
MARK = "choreo"
USED_EVERY = timedelta(minutes=1)
PATIENCE_MS = 100


class Unusable(Exception):
    """The text opens nothing; the sentence says why and gives nothing away to a guesser."""


def create(*, user: Any, name: str, days: int, actor: Actor, reason: str) -> tuple[ApiToken, str]:
    """A new token and its text, which nobody can read again; InvalidInput for an unusable name or life."""
    if faults := dict(faults_of(user, name, days)):
        raise InvalidInput(faults)
    prefix, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    text = f"{MARK}_{prefix}_{secret}"
    expires = timezone.now() + timedelta(days=days)
    about = {"prefix": prefix, "name": name, "user": user.get_username(), "expires_at": expires.isoformat()}
    with transaction.atomic():
        token = ApiToken.objects.create(
            user=user, name=name, prefix=prefix, digest=digest_of(text), expires_at=expires
        )
        log.record(actor=actor, verb="tokens.create", reason=reason, parameters=about)
    return token, text


def faults_of(user: Any, name: str, days: int) -> Iterator[tuple[str, str]]:
    """What is wrong with a wish for a token, by field."""
    if not may_enter(user):
        yield "user", f"{user.get_username()} may not use the console, so a token would be of no use."
    if not 1 <= len(name.strip()) <= 100:
        yield "name", "Say what the token is for, in 1 to 100 characters."
    if not 1 <= days <= MAX_DAYS:
        yield "days", f"Give 1 to {MAX_DAYS:,} days."


def revoke(tokens: Sequence[ApiToken], *, actor: Actor, reason: str) -> int:
    """End the tokens at once and for ever; says how many weren't ended before."""
    with transaction.atomic():
        wanted = [token.pk for token in tokens]
        open_still = ApiToken.objects.filter(pk__in=wanted, revoked_at=None)
        prefixes = sorted(open_still.select_for_update().values_list("prefix", flat=True))
        ended = open_still.update(revoked_at=timezone.now())
        changes = [Change(f"token {prefix}", "done") for prefix in prefixes]
        if changes:
            log.record(actor=actor, verb="tokens.revoke", reason=reason, changes=changes)
    return ended


def check(text: str) -> ApiToken:
    """The token of this text, with its owner, both shared by all threads; Unusable if it opens nothing."""
    known, digest = rights(), digest_of(text)
    token = known.kept("token", digest, lambda: find(text, digest))
    if token is None:
        raise Unusable("This token is unknown.")
    token.user = known.person(token.user_id)
    if token.revoked_at is not None:
        raise Unusable("This token was revoked.")
    if token.expires_at <= timezone.now():
        raise Unusable("This token has expired.")
    if not may_enter(token.user):
        raise Unusable("The owner of this token may not use the console any more.")
    return token


def find(text: str, digest: str) -> ApiToken | None:
    """The token of this text and digest."""
    mark, _, rest = text.partition("_")
    token = ApiToken.objects.filter(prefix=rest[:8]).first() if mark == MARK else None
    return token if token is not None and hmac.compare_digest(token.digest, digest) else None


def closed_because(token: ApiToken) -> str:
    """Why the token opens nothing now; empty when it does."""
    if token.revoked_at is not None:
        return "revoked"
    if token.expires_at <= timezone.now():
        return "expired"
    return "" if may_enter(token.user) else "its owner may not use the console"


def standing(token: ApiToken) -> str:
    """Whether the token opens anything now, for pages."""
    why = closed_because(token)
    return f"No: {why}" if why else "Yes"


def digest_of(text: str) -> str:
    """SHA-256: the secret is 256 random bits, so nothing slower is needed."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def note_use(token: ApiToken) -> None:
    """Remember that the token is in use, at most once a minute; a busy database never fails the request."""
    now = timezone.now()
    if token.last_used_at is not None and now - token.last_used_at < USED_EVERY:
        return
    try:
        with short_wait(), transaction.atomic():
            unnoted = ApiToken.objects.exclude(last_used_at__gt=now - USED_EVERY)
            unnoted.filter(pk=token.pk).update(last_used_at=now)
    except DatabaseError:
        return
    token.last_used_at = now


@contextmanager
def short_wait() -> Iterator[None]:
    """On SQLite the engine may hold the write lock: wait a moment for it, not the ten seconds of a verb."""
    if connection.vendor != "sqlite":
        yield
        return
    patience = int(connection.settings_dict["OPTIONS"]["timeout"] * 1000)
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {PATIENCE_MS:d}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {patience:d}")
