"""Forms of Django's admin whose every change is an entry of the audit log."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from ops.access.actors import actor_of
from ops.access.models import User
from ops.access.roles import codes_of
from ops.audit import log
from ops.audit.log import Change
from ops.lists.strict_admin import StrictAdmin
from ops.operations.submissions import SeeOther

HELP = {
    "username": ("User name", "Up to 150 letters, digits and @ . + - _"),
    "is_active": ("Active", "Clear this to lock the user out. Their history is kept."),
    "is_staff": ("May use the console", "Without it no page opens."),
    "is_superuser": ("Superuser", "Stands above every role; for emergencies."),
}
OF_USER = ("username", "first_name", "last_name", "email", "is_active", "is_staff", "is_superuser")


def state_of(target: Model) -> dict[str, Any]:
    """What the audit log keeps of a person or group: never the password."""
    if isinstance(target, User):
        state: dict[str, Any] = {name: getattr(target, name) for name in OF_USER}
        return state | {"groups": sorted(target.groups.values_list("name", flat=True))}
    if isinstance(target, Group):
        return {"name": target.name, "permissions": sorted(codes_of(target))}
    raise TypeError(f"Not a person or group: {target!r}")


class AuditedAdmin(StrictAdmin):
    """Every change is an audit entry, in the transaction that Django's form view opens."""

    noun = ""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Remember how it was."""
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            found.state_before = state_of(found)
        return found

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Django calls this once the row and its relations are written."""
        self.note(request, "add", [(obj, {}, state_of(obj))])

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Before and after of what differs; of a new password only that there is one."""
        fields = [name for part in message if "changed" in part for name in part["changed"].get("fields", [])]
        verb = "set_password" if fields == ["password"] else "change"
        before, after = getattr(obj, "state_before", {}), state_of(obj)
        changed = {name for name in after if before.get(name) != after[name]}
        before, after = (
            {name: state[name] for name in changed if name in state} for state in (before, after)
        )
        self.note(request, verb, [(obj, before, after)])

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Model]) -> Any:
        """Django calls this right before the rows go."""
        self.note(request, "delete", [(obj, state_of(obj), {}) for obj in queryset])

    def note(self, request: HttpRequest, verb: str, rows: list[tuple[Model, Any, Any]]) -> None:
        """One entry."""
        changes = [Change(f"{self.noun} {obj}", "done", before=was, after=now) for obj, was, now in rows]
        log.record(
            actor=actor_of(request, door="page"),
            verb=f"{self.noun}s.{verb}",
            parameters={self.noun: ", ".join(str(obj) for obj, _, _ in rows)},
            changes=changes,
        )

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """The audit log is the history."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        self.get_object(request, unquote(object_id))
        return HttpResponseRedirect("/audit")

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        """Back to the list, which has the new row."""
        return self.told(request, f"The {self.opts.verbose_name} “{obj}” is added.")

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Back to the list."""
        return self.told(request, f"The {self.opts.verbose_name} “{obj}” is saved.")

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        """Back to the list, which hasn't got the row any more."""
        return self.told(request, f"The {self.opts.verbose_name} “{obj_display}” is deleted.")

    def told(self, request: HttpRequest, text: str) -> HttpResponse:
        """The list, with what was done; Django's own words offer buttons that these forms don't have."""
        messages.success(request, text)
        return SeeOther(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Without the buttons that open other forms in windows."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        if field is not None and db_field.name in HELP:
            field.label, field.help_text = HELP[db_field.name]
        return field

    @property
    def media(self) -> forms.Media:
        """The forms are plain: without jQuery and the scripts that need it."""
        return forms.Media()
