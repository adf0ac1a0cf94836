"""Sign-ins, their failures, sign-outs and lock-outs are entries of the audit log."""

from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from ops import audit
from ops.actors import Actor, origin_of
from ops.models import AuditEntry


@receiver(user_logged_in)
def signed_in(request: HttpRequest, user: Any, **_: Any) -> None:
    """Somebody came in."""
    audit.record(actor=someone(request, user), verb="auth.sign_in")


@receiver(user_logged_out)
def signed_out(request: HttpRequest, user: Any, **_: Any) -> None:
    """Somebody left; a visitor who was not signed in leaves no entry."""
    if user is not None:
        audit.record(actor=someone(request, user), verb="auth.sign_out")


@receiver(user_login_failed)
def sign_in_failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """Somebody gave a wrong name or password.

    Attempts while locked out leave no entry: the lock-out has one, and a robot could fill the log.
    """
    if not was_locked_out(request):
        refuse(request, "auth.sign_in_failed", credentials.get("username"))


@receiver(user_locked_out)
def locked_out(request: HttpRequest, username: str | None, **_: Any) -> None:
    """Somebody gave too many wrong ones and has to wait; django-axes repeats this for each attempt."""
    if not was_locked_out(request):
        refuse(request, "auth.locked_out", username)


def was_locked_out(request: HttpRequest | None) -> bool:
    """Whether the door was closed before this attempt: then django-axes doesn't count it."""
    uncounted = getattr(request, "axes_failures_since_start", None) is None
    return uncounted and getattr(request, "axes_locked_out", False)


def refuse(request: HttpRequest | None, verb: str, username: Any) -> None:
    """An entry of a visitor."""
    audit.record(
        actor=someone(request, AnonymousUser()),
        verb=verb,
        outcome=AuditEntry.Outcome.REFUSED,
        parameters={"username": known_name(username)},
    )


def known_name(username: Any) -> str:
    """The name if there is such a person: what else is typed there may be a password."""
    field = get_user_model().USERNAME_FIELD
    known = get_user_model().objects.filter(**{field: str(username or "")}).exists()
    return str(username) if known else "(no such person)"


def someone(request: HttpRequest | None, user: Any) -> Actor:
    """The person behind the request, who may not be its user yet or any more."""
    origin = origin_of(request) if request is not None else {}
    return Actor(user=user, door="page", **origin)
