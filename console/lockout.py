"""What too many wrong passwords close, and for whom; django-axes counts them in the database.

Strangers are counted by name and address together, by address, and by name. A browser in which the person has
signed in before shows a cookie that says so, a *known device*, and is counted alone: other people's attempts
don't slow it down, and it has no more tries than they have.
"""

from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import get_random_string

from ops.access.callers import network_of

COOKIE = SALT = "console_device"
KNOWN_FOR = 180 * 24 * 3600
# An address may be an office's and a name may be tried by the whole world, so each has this many times the
# limit that the two have together.
TIMES = 4

DEVICE = {"device": (["username", "user_agent"], 1)}
STRANGER = {
    "name and address": (["username", "ip_address"], 1),
    "address": (["ip_address"], TIMES),
    "name": (["username"], TIMES),
}


class LockoutHandler(AxesDatabaseHandler):  # type: ignore[misc]  # axes has no types
    """Counts each group of failures against a limit of its own; a row's `user_agent` is the known device."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """The failures of the group that is nearest to its limit, in units of the smallest limit."""
        groups = groups_of(request, credentials)
        found = zip(groups, self.get_user_attempts(request, credentials), strict=True)
        full: dict[str, int] = {}
        for name, rows in found:
            full[name] = sum(rows.values_list("failures_since_start", flat=True)) // groups[name][1]
        closing = max(full, key=lambda name: full[name])
        request.closed = closing  # type: ignore[attr-defined]  # for the audit log
        return full[closing]

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **about: Any
    ) -> None:
        """Count by the device where axes would count by the browser's name, which callers choose."""
        if request is not None:
            request.axes_user_agent = device_of(request, credentials)  # type: ignore[attr-defined]
        super().user_login_failed(sender, credentials, request, **about)

    def filter_user_attempts(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> Any:
        """The rows of each group."""
        request.axes_user_agent = device_of(request, credentials)  # type: ignore[attr-defined]
        return super().filter_user_attempts(request, credentials)

    def reset_user_attempts(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """Signing in forgives what the same person got wrong here, and nothing that others did."""
        own = self.filter_user_attempts(request, credentials)[0]
        return int(own.delete()[0])


def groups_of(request: HttpRequest, credentials: Any) -> dict[str, tuple[list[str], int]]:
    """Name of the group → columns that its failures share, and its limit as a multiple of the smallest."""
    return DEVICE if device_of(request, credentials) else STRANGER


def counted_by(request: HttpRequest, credentials: Any = None) -> list[list[str]]:
    """AXES_LOCKOUT_PARAMETERS."""
    return [columns for columns, _ in groups_of(request, credentials).values()]


def address_of(request: HttpRequest) -> str | None:
    """AXES_CLIENT_IP_CALLABLE."""
    return network_of(request) or None


def device_of(request: HttpRequest, credentials: Any) -> str:
    """The device, if the person of that name has signed in with it before; empty for strangers."""
    try:
        known = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=KNOWN_FOR)
    except signing.BadSignature:
        return ""
    return str(known["device"]) if known["name"] == get_client_username(request, credentials) else ""


def remember_device(response: HttpResponseBase, name: str) -> None:
    """The person of that name has just signed in with this browser."""
    known = signing.dumps({"name": name, "device": get_random_string(16)}, salt=SALT)
    response.set_cookie(
        COOKIE,
        known,
        max_age=KNOWN_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
