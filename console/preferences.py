"""How the console looks to one person, on whichever device."""

from functools import cache
from itertools import groupby
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.forms.models import model_to_dict
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from ops.access.guards import page
from ops.access.models import User
from ops.operations.submissions import SeeOther

COLUMNS = ("theme", "density", "time_zone")


@cache
def zones() -> list[tuple[str, Any]]:
    """The zones that people live in, by continent."""
    names = sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))
    continents = groupby(names, key=lambda name: name.partition("/")[0])
    groups = [(continent, [(name, name) for name in inside]) for continent, inside in continents]
    return [("", "The browser's"), ("UTC", "UTC"), *groups]


class PreferencesForm(forms.Form):
    """What isn't sent stays as it is: a menu sends the theme alone."""

    theme = forms.ChoiceField(choices=User.Theme.choices, widget=forms.RadioSelect)
    density = forms.ChoiceField(
        choices=User.Density.choices, widget=forms.RadioSelect, help_text="How high the rows of lists are."
    )
    time_zone = forms.ChoiceField(choices=zones, required=False, help_text="For all times, charts included.")

    def __init__(self, person: Any, data: dict[str, Any] | None = None) -> None:
        known = model_to_dict(person, COLUMNS)
        super().__init__(None if data is None else known | data, initial=known)


@require_http_methods(["GET", "HEAD", "POST"])
@page(None)
def preferences(request: HttpRequest) -> HttpResponse:
    """The form, and what it sends; a person has only their own."""
    person: Any = request.user
    form = PreferencesForm(person, request.POST.dict() if request.method == "POST" else None)
    if form.is_valid():
        # Not `save()`: another session may be changing the password meanwhile.
        get_user_model().objects.filter(pk=person.pk).update(**form.cleaned_data)
        return saved(request)
    status = 400 if form.is_bound else 200
    return render(request, "console/preferences.html", {"title": "Preferences", "form": form}, status=status)


def saved(request: HttpRequest) -> HttpResponse:
    """Back to where the menu was opened; nothing for a script, which has changed the page already."""
    if getattr(request, "htmx", False):
        return HttpResponse(status=204)
    back = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        return SeeOther(back)
    messages.success(request, "Your preferences are saved.")
    return SeeOther(reverse("preferences"))
