"""The door of every page and fragment: a signed-in member of staff with the page's permission."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol, cast
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.cache import add_never_cache_headers

from ops.access.actors import may_enter
from ops.access.roles import roles_with
from ops.platform.addresses import parts_of

View = Callable[..., HttpResponseBase]


class PermissionMissing(PermissionDenied):
    """Refused because of one permission; the 403 page names the roles that have it."""

    def __init__(self, permission: str) -> None:
        self.permission = permission
        self.roles = roles_with(permission)
        super().__init__(f"This needs the permission {permission}.")


class Page(Protocol):
    """A guarded view; `permission` is None where signing in is enough."""

    permission: str | None

    def __call__(self, request: HttpRequest, /, *args: Any, **kwargs: Any) -> HttpResponseBase: ...


def page(permission: str | None) -> Callable[[View], Page]:
    """Guard a view: visitors go to sign in, people without the permission get 403, nothing is cached."""

    def decorate(view: View) -> Page:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not is_staff(request):
                return to_login(request)
            if permission is not None and not request.user.has_perm(permission):
                raise PermissionMissing(permission)
            response = view(request, *args, **kwargs)
            add_never_cache_headers(response)
            return response

        guarded.permission = permission  # type: ignore[attr-defined]  # what the matrix of roles reads
        return cast(Page, guarded)

    return decorate


def is_staff(request: HttpRequest) -> bool:
    """Whether the request comes from a person who may use the console at all."""
    return may_enter(request.user)


def to_login(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back; for htmx a 401 that makes the whole page go there."""
    if not getattr(request, "htmx", False):
        return HttpResponseRedirect(login_address(request.get_full_path()))
    shown = parts_of(request.headers.get("HX-Current-URL", "/"))
    back = f"{shown.path}?{shown.query}" if shown.query else shown.path
    return HttpResponse(status=401, headers={"HX-Redirect": login_address(back)})


def login_address(back: str) -> str:
    """The sign-in page's address, with the way back."""
    return f"{settings.LOGIN_URL}?{urlencode({'next': back})}"
