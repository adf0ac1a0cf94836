"""Users and groups: who may come in, and in which role; nobody hands out more than they have."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from ops import audit
from ops.actors import actor_of, may_enter
from ops.audit import Change
from ops.roles import ROLES, permission_roles
from ops.strict_admin import KnownChoices, ListForm, StrictAdmin
from ops.submissions import SeeOther
from ops.templatetags.console import ago

HELP = {
    "is_active": ("Active", "Clear this to keep somebody out; what they did stays."),
    "is_staff": ("May use the console", "Without it no page opens."),
    "is_superuser": ("Superuser", "Stands above every role; for emergencies."),
}
OF_USER = ("username", "first_name", "last_name", "email", "is_active", "is_staff", "is_superuser")


def permissions_of(user: Any) -> QuerySet[Permission]:
    """What the person has by groups or directly, also while inactive; a superuser everything."""
    if user.is_superuser:
        return Permission.objects.all()
    return Permission.objects.filter(Q(group__user=user) | Q(user=user)).distinct()


def exceeds(granted: QuerySet[Permission], actor: Any) -> bool:
    """Whether there is a permission among them that the actor lacks."""
    return not actor.is_superuser and granted.exclude(pk__in=permissions_of(actor)).exists()


def code_of(permission: Permission) -> str:
    """`runs.cancel_run`."""
    return f"{permission.content_type.app_label}.{permission.codename}"


def state_of(target: Model) -> dict[str, Any]:
    """What the audit log keeps of a person or group: never the password."""
    if isinstance(target, User):
        state: dict[str, Any] = {name: getattr(target, name) for name in OF_USER}
        return state | {"groups": sorted(target.groups.values_list("name", flat=True))}
    if isinstance(target, Group):
        codes = sorted(code_of(one) for one in target.permissions.select_related("content_type"))
        return {"name": target.name, "permissions": codes}
    raise TypeError(f"Not a person or group: {target!r}")


class PeopleListForm(ListForm):
    """With the filters beside the list."""

    is_active__exact = forms.TypedChoiceField(choices=[("1", "active"), ("0", "inactive")], required=False)
    groups__id__exact = forms.ModelChoiceField(Group.objects.all(), required=False)
    groups__isnull = forms.ChoiceField(choices=[("True", "without a group")], required=False)


class PermissionChoice(KnownChoices):
    """Permissions by their codes, as roles and errors name them."""

    def label_from_instance(self, obj: Permission) -> str:
        """`runs.cancel_run: can cancel runs`."""
        return f"{code_of(obj)}: {obj.name[:1].lower()}{obj.name[1:]}"


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
        audit.record(
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


admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class PeopleAdmin(AuditedAdmin, UserAdmin[User]):
    """People; their rights come from groups alone."""

    noun = "user"
    add_form = UserCreationForm
    list_display = ("username", "full_name", "roles", "active_badge", "last_sign_in_ago")
    list_filter = ("is_active", "groups")
    list_form = PeopleListForm
    filter_horizontal = ()
    fieldsets = (
        ("Person", {"fields": ("username", "first_name", "last_name", "email")}),
        ("Access", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        ("Dates", {"fields": ("last_sign_in_ago", "joined_ago")}),
    )
    add_fieldsets = ((None, {"fields": ("username", "password1", "password2", "groups")}),)

    @admin.display(description="Roles")
    def roles(self, person: User) -> str:
        """Groups, joined; "superuser" is said because it stands above every role."""
        names = [group.name for group in person.groups.all()]
        return ", ".join(names + (["superuser"] if person.is_superuser else [])) or "–"

    @admin.display(description="Name")
    def full_name(self, person: User) -> str:
        """First and last name."""
        return person.get_full_name() or "–"

    @admin.display(description="May sign in", ordering="is_active")
    def active_badge(self, person: User) -> str:
        """Whether the door is open."""
        return "yes" if may_enter(person) else "no"

    @admin.display(description="Last sign-in", ordering="last_login")
    def last_sign_in_ago(self, person: User) -> str:
        """Exact on hover."""
        return ago(person.last_login)

    @admin.display(description="Added")
    def joined_ago(self, person: User) -> str:
        """Exact on hover."""
        return ago(person.date_joined)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """With groups: one query for the whole list."""
        return super().get_queryset(request).prefetch_related("groups")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Not of people who may more: changing their password would be taking their rights."""
        above = obj is not None and (obj.is_superuser or exceeds(permissions_of(obj), request.user))
        return super().has_change_permission(request, obj) and (request.user.is_superuser or not above)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Like changing; nobody deletes themselves."""
        allowed = super().has_delete_permission(request, obj) and self.has_change_permission(request, obj)
        return allowed and obj != request.user

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Superusers are made by superusers; nobody changes their own access."""
        fixed = ("last_sign_in_ago", "joined_ago")
        if obj is not None and obj.pk == request.user.pk:
            return (*fixed, "is_active", "is_staff", "is_superuser", "groups")
        return fixed if request.user.is_superuser else (*fixed, "is_superuser")

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        """Only groups that hold nothing the actor lacks."""
        lacking = Permission.objects.exclude(pk__in=permissions_of(request.user))
        kwargs["queryset"] = Group.objects.exclude(permissions__in=lacking).order_by("name")
        kwargs |= {"form_class": KnownChoices, "widget": forms.CheckboxSelectMultiple}
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field is not None:
            field.help_text = "Groups with a permission that you lack are not offered."
        return field

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002 - Django's
        """The password and its entry in one transaction, which Django opens for its other forms alone.

        One's own needs the old one too, so that a session left open isn't enough to take the account over.
        """
        if id == str(request.user.pk) and self.has_change_permission(request):
            return SeeOther("/password")
        with transaction.atomic():
            return super().user_change_password(request, id, form_url)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's
        """People made here are there to use the console."""
        obj.is_staff = obj.is_staff or not change
        super().save_model(request, obj, form, change)


@admin.register(Group)
class GroupsAdmin(AuditedAdmin, GroupAdmin):
    """Further groups beside the three roles, which `prepare` keeps."""

    noun = "group"
    filter_horizontal = ()

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Not of the roles, not of groups that hold more than the actor has."""
        fixed = obj is not None and (obj.name in ROLES or exceeds(obj.permissions.all(), request.user))
        return super().has_change_permission(request, obj) and not fixed

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Like changing."""
        return super().has_delete_permission(request, obj) and self.has_change_permission(request, obj)

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        """Only the console's permissions, and of those only what the actor has."""
        ours = {code.split(".")[1] for code in permission_roles()}
        mine = permissions_of(request.user).filter(codename__in=ours)
        kwargs |= {"form_class": PermissionChoice, "widget": forms.CheckboxSelectMultiple}
        kwargs["queryset"] = mine.select_related("content_type").order_by(
            "content_type__app_label", "codename"
        )
        return db_field.formfield(**kwargs)
