"""What the lists and forms of Django's admin have in common: they name the input that they can't use.

Django's own lists take any lookup on any column from the address, a digest's too, and give it to the
database.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import capfirst

from ops.platform.errors import InvalidInput


class ListForm(forms.Form):
    """The parameters that a list's address may have."""

    q = forms.CharField(required=False, max_length=150)
    p = forms.IntegerField(required=False, min_value=1, max_value=1_000_000)
    o = forms.RegexField(r"^-?\d{1,2}(\.-?\d{1,2})*$", required=False)


class StrictAdmin(admin.ModelAdmin[Any]):
    """Lists with the parameters of `list_form` and no others; rows that aren't there are 404."""

    actions = None
    show_facets = admin.ShowFacets.NEVER
    list_form: type[ListForm] = ListForm

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list, or what is wrong with its address."""
        try:
            if self.has_view_permission(request):
                self.check_address(request)
            title = capfirst(self.opts.verbose_name_plural)
            return super().changelist_view(request, {"title": title, **(extra_context or {})})
        except InvalidInput as error:
            about = {"title": self.opts.verbose_name_plural, "opts": self.opts, "faults": error.fields}
            context = self.admin_site.each_context(request) | about
            return render(request, "ops/list_faults.html", context, status=400)

    def check_address(self, request: HttpRequest) -> None:
        """InvalidInput for each parameter that the list doesn't know or can't use."""
        form = self.list_form(request.GET)
        there_are = f"No such parameter. Available: {', '.join(form.fields)}."
        faults = dict.fromkeys(sorted(request.GET.keys() - form.fields.keys()), there_are)
        faults |= {name: " ".join(map(str, texts)) for name, texts in form.errors.items()}
        if faults:
            raise InvalidInput(faults)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Only what the form has checked."""
        return lookup in self.list_form.base_fields

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """InvalidInput where Django would show the first page, or lead to the list without any filter."""
        missing = InvalidInput({"p": "The list has no page of this number."})
        try:
            changes = super().get_changelist_instance(request)
        except IncorrectLookupParameters:
            raise missing from None
        if changes.page_num > changes.paginator.num_pages:
            raise missing
        return changes

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Http404 where Django would lead elsewhere; people who may not look are refused first."""
        # An address with an empty `_to_field` names no field; Django looks for one without a name.
        found = super().get_object(request, object_id, from_field or None)
        if found is None and self.has_view_permission(request):
            raise Http404(f"There is no {self.opts.verbose_name} with this id.")
        return found


class KnownChoices(forms.ModelMultipleChoiceField[Any]):
    """A number beyond what SQLite can hold is a choice that isn't there, not an error of the database."""

    def clean(self, value: Any) -> Any:
        """The chosen rows."""
        try:
            return super().clean(value)
        except OverflowError:
            message = self.error_messages["invalid_pk_value"]
            raise ValidationError(message, code="invalid_pk_value", params={"pk": value[0]}) from None
