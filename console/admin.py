"""Users and roles: who may come in, and what they may do; nobody hands out more than they have."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.views.decorators.debug import sensitive_post_parameters

from console.audited_admin import AuditedAdmin
from ops.access.actors import may_enter
from ops.access.models import User
from ops.access.roles import ROLES, code_of, exceeds, grants, permission_roles, permissions_of, words_of_role
from ops.display.html import ago
from ops.lists.strict_admin import KnownChoices, ListForm
from ops.operations.submissions import SeeOther

# Django calls them groups, in its tables and in the audit log; the console's pages call them what they are.
Group._meta.verbose_name, Group._meta.verbose_name_plural = "role", "roles"


class PeopleListForm(ListForm):
    """With the filters beside the list."""

    is_active__exact = forms.TypedChoiceField(choices=[("1", "active"), ("0", "inactive")], required=False)
    groups__id__exact = forms.ModelChoiceField(Group.objects.all(), required=False)
    groups__isnull = forms.ChoiceField(choices=[("True", "without a role")], required=False)


class PermissionChoice(KnownChoices):
    """Permissions in words, with the codes by which errors name them."""

    def label_from_instance(self, obj: Permission) -> str:
        """`Cancel runs (runs.cancel_run)`."""
        code = code_of(obj)
        return f"{capfirst(grants()[code].words)} ({code})"


class RoleChoice(KnownChoices):
    """Roles, each with what it may do."""

    def label_from_instance(self, obj: Group) -> str:
        """`Operator: all that Viewer may, cancel runs, …`."""
        return f"{obj.name}: {', '.join(words_of_role(obj)) or 'nothing'}"


class RoleFilter(admin.RelatedFieldListFilter):
    """Under the pages' own name of what Django calls groups."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "role"


admin.site.unregister(Group)


@admin.register(User)
class PeopleAdmin(AuditedAdmin, UserAdmin[User]):
    """People; their rights come from groups alone."""

    noun = "user"
    nav = ("user", (2, 10))
    add_form, add_form_template = UserCreationForm, "admin/change_form.html"
    list_display = ("username", "full_name", "roles", "active_badge", "last_sign_in_ago")
    list_filter = ("is_active", ("groups", RoleFilter))
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

    def get_urls(self) -> list[URLPattern]:
        """Name the password page after our model; Django hard-codes that of its own."""
        found: list[URLPattern] = super().get_urls()
        for pattern in found:
            if pattern.name == "auth_user_password_change":
                pattern.name = "ops_user_password_change"
        return found

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
        """Only roles that hold nothing the actor lacks."""
        lacking = Permission.objects.exclude(pk__in=permissions_of(request.user))
        kwargs["queryset"] = Group.objects.exclude(permissions__in=lacking).order_by("name")
        kwargs["queryset"] = kwargs["queryset"].prefetch_related("permissions__content_type")
        kwargs |= {"form_class": RoleChoice, "widget": forms.CheckboxSelectMultiple}
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field is not None:
            field.label = "Roles"
            field.help_text = "Roles with a permission that you lack are not offered."
        return field

    @method_decorator(sensitive_post_parameters())
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002 - Django's
        """The password and its entry in one transaction, which Django's own view doesn't open.

        One's own needs the old one too, so that a session left open isn't enough to take the account over.
        """
        if id == str(request.user.pk) and self.has_change_permission(request):
            return SeeOther("/password")
        person = self.get_object(request, unquote(id))
        if not self.has_change_permission(request, person):
            raise PermissionDenied
        form = self.change_password_form(person, request.POST or None)
        if request.method == "POST" and form.is_valid():
            with transaction.atomic():
                form.save()
                self.log_change(request, person, self.construct_change_message(request, form, []))
            messages.success(request, f"{person} has a new password and is signed out everywhere.")
            return SeeOther("../change/")
        context = {"title": f"Set password of {person}", "original": person, "form": form, "opts": self.opts}
        context |= self.admin_site.each_context(request)
        return render(request, "admin/ops/user/change_password.html", context)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's
        """People made here are there to use the console."""
        obj.is_staff = obj.is_staff or not change
        super().save_model(request, obj, form, change)


@admin.register(Group)
class RolesAdmin(AuditedAdmin, GroupAdmin):
    """The three roles, which `prepare` keeps, and others beside them."""

    noun = "group"
    nav = ("user-group", (2, 20))
    filter_horizontal = ()
    list_display = ("name", "may", "members")
    readonly_fields = ("may", "kept")

    @admin.display(description="May")
    def may(self, group: Group) -> SafeString:
        """What it allows, in words."""
        words = words_of_role(group) or ["nothing"]
        phrases = format_html_join("", "<li>{}</li>", ((capfirst(one),) for one in words))
        return format_html('<ul class="phrases">{}</ul>', phrases)

    @admin.display(description="Members")
    def members(self, group: Any) -> int:
        """How many people have it."""
        return int(group.people)

    @admin.display(description="Kept by")
    def kept(self, group: Group) -> str:
        """Why it can't be changed here."""
        return "The console: manage.py prepare sets exactly these permissions at every deployment."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        """With what the list shows, in the same number of queries for one role and for a hundred."""
        found: QuerySet[Group] = super().get_queryset(request).annotate(people=Count("user"))
        return found.prefetch_related("permissions__content_type")

    def get_fieldsets(self, request: HttpRequest, obj: Group | None = None) -> Any:
        """The form for those who may change the role; else what it may, in words."""
        if obj is None or self.has_change_permission(request, obj):
            return ((None, {"fields": ("name", "permissions")}),)
        return ((None, {"fields": ("name", "may", *(("kept",) if obj.name in ROLES else ()))}),)

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
        kwargs |= {"form_class": PermissionChoice, "widget": forms.CheckboxSelectMultiple, "label": "May"}
        kwargs["queryset"] = mine.select_related("content_type").order_by(
            "content_type__app_label", "codename"
        )
        return db_field.formfield(**kwargs)
