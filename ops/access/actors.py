"""Who acts: the person and the way they came in, as the audit log keeps them."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from structlog.contextvars import get_contextvars

from ops.platform.errors import InvalidInput


@dataclass(frozen=True, kw_only=True)
class Actor:
    """A person, or the console itself when `user` is None."""

    user: Any
    door: str  # page, api, command, job, system
    address: str = ""
    user_agent: str = ""
    request_id: str = ""

    @property
    def name(self) -> str:
        """The user name, `system` for the console itself, `visitor` for nobody known."""
        return "system" if self.user is None else self.user.get_username() or "visitor"

    @property
    def roles(self) -> str:
        """The person's groups now, joined by commas."""
        if not isinstance(self.user, AbstractBaseUser):
            return ""
        names = sorted(self.user.groups.values_list("name", flat=True))  # type: ignore[attr-defined]
        return ", ".join(names + (["superuser"] if getattr(self.user, "is_superuser", False) else []))

    def may(self, permission: str) -> bool:
        """Whether the person has the permission now; the console itself has every one, a visitor none."""
        return not self.lacks(permission)

    def lacks(self, permission: str) -> str:
        """Why the actor may not do what needs the permission, as a predicate; empty when it may."""
        if self.user is None:
            return "" if self.door == "system" else f"lacks {permission}"
        if not may_enter(self.user):
            return "may not use the console"
        return "" if self.user.has_perm(permission) else f"lacks {permission}"


def may_enter(user: Any) -> bool:
    """Whether the person may use the console at all, by whichever door: session, token or command."""
    return bool(user.is_active and user.is_staff)


def person(name: str, *, field: str = "user") -> Any:
    """The user of that name; InvalidInput at `field` if there is none."""
    user = get_user_model().objects.filter(username=name).first()
    if user is None:
        raise InvalidInput({field: f"There is no user “{name}”."})
    return user


def actor_of(request: Any, *, door: str) -> Actor:
    """The actor behind a Django or DRF request."""
    user = request.user if not isinstance(request.user, AnonymousUser) else None
    if user is None:
        raise ValueError("An anonymous request has no actor.")
    return Actor(user=user, door=door, **origin_of(request))


def origin_of(request: Any) -> dict[str, str]:
    """Address, user agent and request id of a request."""
    return {
        "address": request.META.get("REMOTE_ADDR", "")[:45],
        "user_agent": request.META.get("HTTP_USER_AGENT", "")[:300],
        "request_id": request_id()[:64],
    }


def request_id() -> str:
    """The id under which the log keeps the request that is being answered; empty outside of one."""
    return str(get_contextvars().get("request_id", ""))
