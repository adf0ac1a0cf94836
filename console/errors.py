"""The pages that say no: 400, 403, 404, 500."""

import sys
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from console.missing import missing_of
from console.refusals import tell
from console.unavailable import answer_to
from ops.access.actors import request_id
from ops.access.guards import PermissionMissing
from ops.api.errors import Problem
from ops.display.fragments import render_part

# What the last word of an admin page's name asks for.
ADMIN_VERBS = {"changelist": "view", "change": "view", "add": "add", "delete": "delete", "history": "view"}

UNUSABLE = {
    DisallowedHost: "The console isn't served under this host name. Add it to CONSOLE_ALLOWED_HOSTS.",
    TooManyFieldsSent: f"At most {settings.DATA_UPLOAD_MAX_NUMBER_FIELDS:,} fields or parameters are read.",
}


def malformed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: Django itself can't use the request."""
    texts = (text for kind, text in UNUSABLE.items() if isinstance(exception, kind))
    message = next(texts, "The console can't read this request.")
    return tell(request, Problem(status=400, code="invalid", message=message), page="400.html")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: which permission is missing and which role has it."""
    missing = exception if isinstance(exception, PermissionMissing) else missing_of_admin(request)
    context: dict[str, Any] = {
        "title": "Not allowed",
        "permission": missing.permission if missing else "",
        "roles": missing.roles if missing else [],
        "text": str(exception) or "Your role does not allow this.",
    }
    return render_part(
        request, page="403.html", fragment="console/_forbidden.html", context=context, status=403
    )


def missing_of_admin(request: HttpRequest) -> PermissionMissing | None:
    """Django's admin doesn't say what it asked for; the page's name does: `ops_user_changelist`."""
    match = request.resolver_match
    app, _, rest = (match.url_name or "" if match and match.app_name == "admin" else "").partition("_")
    model, _, page = rest.rpartition("_")
    code = f"{app}.{ADMIN_VERBS.get(page, 'change')}_{model}"
    known = model and page in ADMIN_VERBS
    return PermissionMissing(code) if known and not request.user.has_perm(code) else None


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: the thing that the address names isn't there, or there is nothing at such an address."""
    said = str(exception) if request.resolver_match else ""
    context = {"title": "Not found", "path": request.path, "missing": missing_of(request), "said": said}
    return render_part(
        request, page="404.html", fragment="console/_not_found.html", context=context, status=404
    )


def broken(request: HttpRequest) -> HttpResponse:
    """500: without the database, without the person, without details; 503 if the database is to blame.

    Views are answered by the middleware; this is for what fails around them, such as keeping a session.
    """
    unavailable = answer_to(request, sys.exc_info()[1])
    if unavailable is not None:
        return unavailable
    return render(request, "500.html", {"request_id": request_id()}, status=500)
