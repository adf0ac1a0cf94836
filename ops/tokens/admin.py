"""API tokens in Django's admin: who has which, when it was used, and its end."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from ops.access.actors import actor_of
from ops.display.formatting import ago_text
from ops.lists.strict_admin import StrictAdmin
from ops.operations.submissions import SeeOther
from ops.operations.views import ReasonForm
from ops.tokens import actions
from ops.tokens.models import ApiToken
from ops.tokens.views import HERE

LIST = "/admin/ops/apitoken/"


def ago(moment: datetime | None) -> str:
    """As other lists tell a time."""
    return "–" if moment is None else ago_text(moment, now=timezone.now())


@admin.register(ApiToken)
class TokenAdmin(StrictAdmin):
    """Looked at and revoked here, made on /tokens or by `manage.py token create`. Nothing is ever deleted."""

    list_display = ("name", "prefix", "user", "standing", "created", "last_used", "expires")
    list_select_related = ("user",)
    ordering = ("-id",)
    show_full_result_count = False

    @admin.display(description="Works")
    def standing(self, token: ApiToken) -> str:
        """Whether it opens anything now."""
        return actions.standing(token)

    @admin.display(description="Created", ordering="created_at")
    def created(self, token: ApiToken) -> str:
        """How long ago."""
        return ago(token.created_at)

    @admin.display(description="Last used", ordering="last_used_at")
    def last_used(self, token: ApiToken) -> str:
        """How long ago."""
        return ago(token.last_used_at)

    @admin.display(description="Expires", ordering="expires_at")
    def expires(self, token: ApiToken) -> str:
        """In how long, or how long ago."""
        return ago(token.expires_at)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Tokens are created on the page of one's own, which can show them once."""
        if not self.has_add_permission(request):
            raise PermissionDenied("This needs the permission ops.add_apitoken.")
        return SeeOther(HERE)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not even its name: the audit log knows it by that."""
        return False

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Revoking is on the token's page."""
        return self.lead(request, f"{LIST}{object_id}/change/")

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """The audit log is the history."""
        self.get_object(request, unquote(object_id))
        log = reverse("admin:ops_auditentry_changelist")
        return self.lead(request, f"{log}?verb=tokens.create&verb=tokens.revoke")

    def lead(self, request: HttpRequest, address: str) -> HttpResponse:
        """There, for those who may see tokens at all."""
        if not self.has_view_permission(request):
            raise PermissionDenied("This needs the permission ops.view_apitoken.")
        return SeeOther(address)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The token and, for those who may, its end."""
        token = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, token):
            raise PermissionDenied("This needs the permission ops.view_apitoken.")
        form = ReasonForm(request.POST or None)
        if request.method == "POST":
            return self.revoke(request, token, form)
        return self.show(request, token, form)

    def revoke(self, request: HttpRequest, token: ApiToken, form: forms.Form) -> HttpResponse:
        """End it, with a reason."""
        if not self.has_delete_permission(request, token):
            raise PermissionDenied("This needs the permission ops.delete_apitoken.")
        if not form.is_valid():
            return self.show(request, token, form, status=400)
        actor = actor_of(request, door="page")
        ended = actions.revoke([token], actor=actor, reason=form.cleaned_data["reason"])
        text = f"The token {token} is revoked." if ended else f"The token {token} was revoked before."
        messages.success(request, text)
        return SeeOther(LIST)

    def show(
        self, request: HttpRequest, token: ApiToken, form: forms.Form, status: int = 200
    ) -> HttpResponse:
        """The page."""
        may_end = token.revoked_at is None and self.has_delete_permission(request, token)
        about = {"title": f"Token {token}", "token": token, "standing": self.standing(token), "back": LIST}
        context = self.admin_site.each_context(request) | about | {"form": form if may_end else None}
        return render(request, "ops/token.html", context, status=status)
