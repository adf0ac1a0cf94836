"""Every address, every parameter, every field and every header that the portal reads, found in its code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from inspect import unwrap
from pathlib import Path
from typing import Any

import django_htmx.middleware
from django import forms
from django.conf import settings
from django.contrib.admin import options
from django.contrib.admin.views import main
from django.forms.models import modelform_factory
from django.urls import URLPattern, get_resolver
from rest_framework import serializers

from ops.api.views import ConsoleView
from ops.display import timezones
from ops.lists.admin import ListAdmin
from ops.lists.filters import StrictFilterSet
from ops.operations.matrix import patterns

PACKAGES = ("console", "functions", "runs", "events", "ops")
NAME = r"\s*[\"']([A-Za-z_][\w-]*)[\"']"
# `request.GET["back"]`, `data.getlist("ids")`, `"all" in given`: where views take what was sent.
READ = re.compile(
    rf"(?:GET|POST|data|given|parameters|query_params)(?:\.(?:get|getlist|pop)\(|\[){NAME}"
    rf"|{NAME} (?:not )?in (?:request\.(?:GET|POST)|data|given)\b"
)
HEADER = re.compile(rf"headers(?:\.get\(|\[){NAME}|{NAME} (?:not )?in request\.headers|HEADER ={NAME}")
META = re.compile(r"META(?:\.get\(|\[)\s*[\"']HTTP_(\w+)")
HTMX = re.compile(r"HX-[A-Za-z-]+")
FIELD = re.compile(r"<(?:input|select|textarea|button)\b[^>]*\bname=\"([A-Za-z_][\w-]*)\"")
LOOKUPS = ("", "__exact", "__startswith", "__isnull", "__gte", "__in", "__year", "__nothing")
# What Django, its admin, REST framework and gunicorn read of every request.
LIBRARY_HEADERS = (
    "Accept",
    "Accept-Encoding",
    "Accept-Language",
    "Authorization",
    "Content-Length",
    "Content-Type",
    "Cookie",
    "Host",
    "If-Modified-Since",
    "If-None-Match",
    "Origin",
    "Range",
    "User-Agent",
    "X-CSRFToken",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-HTTP-Method-Override",
    "X-Requested-With",
    "X-Request-ID",
    "X-Correlation-ID",
)


@dataclass(frozen=True)
class Door:
    """One address pattern: the names it reads from the query, and the fields that its body may hold."""

    path: str
    view: Any
    actions: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    fields: dict[str, Any] = field(default_factory=dict, hash=False, compare=False)

    @property
    def is_api(self) -> bool:
        """Whether it speaks JSON."""
        return isinstance(self.view, type) and issubclass(self.view, ConsoleView)

    @property
    def methods(self) -> tuple[str, ...]:
        """What it is there for; pages are asked both."""
        return tuple(method.upper() for method in self.actions) or ("GET", "POST")


@cache
def doors() -> tuple[Door, ...]:
    """Every address, once."""
    found: dict[str, Door] = {}
    for path, pattern in patterns(get_resolver().url_patterns):
        found.setdefault(path, door_of(path, pattern))
    return tuple(found.values())


def door_of(path: str, pattern: URLPattern) -> Door:
    """The address with everything that it reads."""
    view = getattr(pattern.callback, "cls", pattern.callback)
    if isinstance(view, type) and issubclass(view, ConsoleView):
        return api_door(path, pattern.callback)
    model_admin = getattr(view, "model_admin", None) or getattr(pattern.callback, "model_admin", None)
    if model_admin is not None:
        is_list = str(pattern.name).endswith("_changelist")
        names = admin_parameters(model_admin, lookups=is_list)
        return Door(path, view, (), names, admin_fields(model_admin))
    owner = getattr(unwrap(view), "__self__", None)
    if isinstance(owner, ListAdmin):
        package = owner.opts.app_label
        names = (*page_parameters(package), *page_parameters("ops"), *admin_parameters(owner, lookups=True))
        return Door(path, view, (), tuple(sorted({*names})), admin_fields(owner) | form_fields(package))
    package = str(getattr(view, "__module__", "")).partition(".")[0]
    return Door(path, view, (), tuple(sorted(page_parameters(package))), form_fields(package))


def api_door(path: str, callback: Any) -> Door:
    """An address of the API: its action knows what it reads."""
    actions = {method: name for method, name in getattr(callback, "actions", {}).items() if method != "head"}
    view = callback.cls(**callback.initkwargs)
    view.action = next(iter(actions.values()), "")
    asked = view.serializer_class if "post" in actions else None
    names = (*sorted(view.known_parameters()), "format")
    return Door(path, callback.cls, tuple(actions), names, dict(asked().fields) if asked else {})


@cache
def page_parameters(package: str) -> frozenset[str]:
    """What a page of the package may read of its address: filters, and what the code asks for by name."""
    if package not in PACKAGES:
        return frozenset()
    return frozenset(filter_names(package)) | names_in_code(package) | names_in_templates(package)


def filter_names(package: str) -> Iterator[str]:
    """The parameters of every filter set of the package."""
    for kind in descendants(StrictFilterSet):
        if kind.__module__.startswith(f"{package}."):
            yield from kind.base_filters


def names_in_code(package: str) -> set[str]:
    """Names under which the code looks into an address or a form."""
    return {name for text in sources(package) for found in READ.findall(text) for name in found if name}


def names_in_templates(package: str) -> set[str]:
    """Names of everything that a form of ours sends."""
    texts = (path.read_text() for path in Path(settings.BASE_DIR, "templates", package).rglob("*.html"))
    return {name for text in texts for name in FIELD.findall(text)}


@cache
def form_fields(package: str) -> dict[str, Any]:
    """The fields of every form, and every other name that a page of the package may read."""
    found: dict[str, Any] = dict.fromkeys(page_parameters(package))
    for kind in descendants(forms.Form):
        if kind.__module__.partition(".")[0] in PACKAGES:
            found |= kind.base_fields
    return found


def admin_parameters(model_admin: Any, *, lookups: bool) -> tuple[str, ...]:
    """Django's own, and in lists lookups into every field."""
    own = [value for name, value in vars(main).items() if name.endswith("_VAR") and isinstance(value, str)]
    own += [options.TO_FIELD_VAR, options.IS_POPUP_VAR, "_changelist_filters"]
    names = [one.name for one in model_admin.model._meta.get_fields()] if lookups else []
    return (*own, *(f"{name}{lookup}" for name in names for lookup in LOOKUPS))


def admin_fields(model_admin: Any) -> dict[str, Any]:
    """The fields of the model's form, of its actions and of its buttons."""
    form = modelform_factory(model_admin.model, form=model_admin.form, fields="__all__")
    more = ["action", "_selected_action", "select_across", "index", "post", "_save", "_continue", "reason"]
    more += ["password1", "password2", "usable_password", "old_password"]
    return {**form.base_fields, **dict.fromkeys(more)}


@cache
def own_headers() -> tuple[str, ...]:
    """Every header that our code reads, or htmx's middleware."""
    texts = [text for package in PACKAGES for text in sources(package)]
    ours = {name for text in texts for found in HEADER.findall(text) for name in found if name}
    spelt = {name.replace("_", "-") for text in texts for name in META.findall(text)}
    htmx = set(HTMX.findall(Path(django_htmx.middleware.__file__).read_text()))
    return tuple(sorted(ours | spelt | htmx))


def cookies() -> tuple[str, ...]:
    """Every cookie that is read."""
    return (timezones.COOKIE, settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, "messages")


@cache
def sources(package: str) -> tuple[str, ...]:
    """The texts of the package's modules."""
    return tuple(path.read_text() for path in Path(settings.BASE_DIR, package).rglob("*.py"))


def descendants(kind: Any) -> Iterator[Any]:
    """Every class below."""
    for child in kind.__subclasses__():
        yield child
        yield from descendants(child)


def likely(door_field: Any) -> Any:
    """A value that the field would take, if that can be told."""
    choices = getattr(door_field, "choices", None) or ()
    if given := [key for key, _ in (choices.items() if isinstance(choices, dict) else choices) if key]:
        return str(given[0])
    if isinstance(door_field, serializers.ListField):
        return []
    if isinstance(door_field, serializers.DictField):
        return {}
    if isinstance(door_field, serializers.BooleanField | forms.BooleanField):
        return True
    if isinstance(door_field, serializers.IntegerField | forms.IntegerField):
        return 1
    return "word"
