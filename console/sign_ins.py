"""Sign-ins, their failures, sign-outs and lock-outs are entries of the audit log."""

from typing import Any

from axes.helpers import get_cool_off
from axes.signals import user_locked_out
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from ops.access.actors import Actor, origin_of
from ops.audit import log
from ops.audit.chain import canonical
from ops.audit.models import AuditEntry, AuditHead


@receiver(user_logged_in)
def signed_in(request: HttpRequest, user: Any, **_: Any) -> None:
    """Somebody came in."""
    log.record(actor=someone(request, user), verb="auth.sign_in")


@receiver(user_logged_out)
def signed_out(request: HttpRequest, user: Any, **_: Any) -> None:
    """Somebody left; a visitor who was not signed in leaves no entry."""
    if user is not None:
        log.record(actor=someone(request, user), verb="auth.sign_out")


@receiver(user_login_failed)
def sign_in_failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """Somebody gave a wrong name or password.

    Attempts while locked out leave no entry: the lock-out has one, and a robot could fill the log.
    """
    if not was_locked_out(request):
        refuse(request, "auth.sign_in_failed", {"username": known_name(credentials.get("username"))})


@receiver(user_locked_out)
def locked_out(request: HttpRequest, username: str | None, **_: Any) -> None:
    """Somebody gave too many wrong ones and has to wait; django-axes repeats this for each attempt."""
    if was_locked_out(request):
        return
    closed = request.closed  # type: ignore[attr-defined]  # by console/lockout.py
    about = {"closed": closed} | ({} if closed == "address" else {"username": known_name(username)})
    with transaction.atomic():
        # Wrong passwords at once, and those for which a lock opens for a moment, find the entry of the first.
        AuditHead.objects.select_for_update().get(pk=1)
        if not is_noted(request, about):
            refuse(request, "auth.locked_out", about)


def is_noted(request: HttpRequest, about: dict[str, str]) -> bool:
    """Whether the log has this lock already; that of a name is the same from every address."""
    since = timezone.now() - get_cool_off(request)
    found = AuditEntry.objects.filter(verb="auth.locked_out", at__gte=since, parameters=canonical(about))
    if about["closed"] != "name":
        found = found.filter(address=origin_of(request)["address"])
    return found.exists()


def was_locked_out(request: HttpRequest | None) -> bool:
    """Whether the door was closed before this attempt: then django-axes doesn't count it."""
    uncounted = getattr(request, "axes_failures_since_start", None) is None
    return uncounted and getattr(request, "axes_locked_out", False)


def refuse(request: HttpRequest | None, verb: str, about: dict[str, str]) -> None:
    """An entry of a visitor, or of the signed-in person whose old password was wrong."""
    user = getattr(request, "user", AnonymousUser())
    actor = someone(request, user)
    log.record(actor=actor, verb=verb, outcome=AuditEntry.Outcome.REFUSED, parameters=about)


def known_name(username: Any) -> str:
    """The name if there is such a person: what else is typed there may be a password."""
    field = get_user_model().USERNAME_FIELD
    known = get_user_model().objects.filter(**{field: str(username or "")}).exists()
    return str(username) if known else "(no such person)"


def someone(request: HttpRequest | None, user: Any) -> Actor:
    """The person behind the request, who may not be its user yet or any more."""
    origin = origin_of(request) if request is not None else {}
    return Actor(user=user, door="page", **origin)
