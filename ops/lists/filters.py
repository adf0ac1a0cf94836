"""The base of every filter: an invalid or unknown parameter is an error, never a wider result."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from ops.engine.ids import spellings
from ops.engine.values import Timestamp
from ops.platform.errors import InvalidInput

AGO = re.compile(r"(\d{1,5})\s*(m|h|d)")
EXAMPLE_ID = "0192a7c1-55e0-7b1a-9f3a-8b1e22d09f3a"
YES_NO = (("", "Any"), ("true", "Yes"), ("false", "No"))
UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class MomentField(forms.Field):
    """A date, an ISO 8601 moment, or an age such as `30m`, `24h`, `7d`; without a zone it is UTC."""

    default_error_messages: ClassVar = {
        "invalid": "Give a time such as 2026-02-22T19:30Z, a date, or an age such as 24h."
    }

    def to_python(self, value: Any) -> Timestamp | None:
        text = str(value or "").strip()
        if not text:
            return None
        moment = moment_of(text)
        if moment is None or not 1970 <= moment.year <= 9000:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return moment


def moment_of(text: str) -> Timestamp | None:
    """The moment that the text names, or None."""
    if age := AGO.fullmatch(text):
        return Timestamp.at(timezone.now() - timedelta(**{UNITS[age[2]]: int(age[1])}))
    try:
        day = parse_date(text) if len(text) == 10 else None
        # A `+` in an address arrives as a blank.
        moment = parse_datetime(f"{day}T00:00:00" if day else re.sub(r" (?=\d\d:?\d\d$)", "+", text))
    except ValueError:
        return None
    if moment is None:
        return None
    return Timestamp.at(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


@extend_schema_field(OpenApiTypes.STR)
class MomentFilter(django_filters.Filter):
    """A moment in the address."""

    field_class = MomentField


@extend_schema_field(OpenApiTypes.INT)
class WholeNumberFilter(django_filters.Filter):
    """A whole number in the address."""

    field_class = forms.IntegerField


class RepeatedInput(forms.SelectMultiple):
    """A text field for each value, and an empty one for the next."""

    use_fieldset = True

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        field = '<input type="text" name="{}" value="{}" aria-label="{}">'
        return format_html_join("", field, ((name, text, name) for text in [*(value or ()), ""]))


class RepeatedField(forms.Field):
    """Any number of texts under one name."""

    widget = RepeatedInput

    def to_python(self, value: Any) -> tuple[str, ...]:
        texts = value if isinstance(value, list | tuple) else [value] if value else []
        return tuple(dict.fromkeys(str(text) for text in texts if str(text)))

    def validate(self, value: Any) -> None:
        for text in value:
            if "\x00" in text:
                raise ValidationError("A NUL character can't be searched for.")


@extend_schema_field({"type": "array", "items": {"type": "string"}})
class RepeatedFilter(django_filters.Filter):
    """A parameter that may be given several times; the values are alternatives."""

    field_class = RepeatedField


@extend_schema_field({"type": "string", "enum": ["true", "false"]})
class YesNoFilter(django_filters.TypedChoiceFilter):
    """Whether something is so."""

    def __init__(self, **about: Any) -> None:
        super().__init__(choices=YES_NO, coerce=lambda text: text == "true", empty_value=None, **about)


class IdsField(RepeatedField):
    """Any number of ids in any spelling; each becomes the forms in which the database may hold it."""

    def to_python(self, value: Any) -> tuple[str, ...]:
        texts = super().to_python(value)
        unknown = [text for text in texts if not spellings(text)]
        if unknown:
            raise ValidationError(f"“{unknown[0]}” isn't an id. Give a whole one, such as {EXAMPLE_ID}.")
        return tuple(dict.fromkeys(form for text in texts for form in spellings(text)))


class IdsFilter(RepeatedFilter):
    """A parameter that takes ids, any number of times."""

    field_class = IdsField


class StrictFilterSet(django_filters.FilterSet):
    """A filter set whose values become criteria; it never touches a queryset by itself."""

    listing = frozenset({"cursor", "limit", "order", "format"})
    # Pairs of filters that are the two ends of one range.
    periods: ClassVar[tuple[tuple[str, str], ...]] = ()
    # Filters whose value says enough without their label: `failed, last 24 h`.
    plain: ClassVar[frozenset[str]] = frozenset()
    form_class: ClassVar[Any]

    def get_form_class(self) -> Any:
        """Make it once: what is asked changes, what can be asked doesn't."""
        kind = type(self)
        if "form_class" not in vars(kind):
            kind.form_class = super().get_form_class()
        return kind.form_class

    @classmethod
    def words_of(cls, name: str, value: str) -> str:
        """A value in words: that of a choice, else as it was given."""
        choices = {str(key): str(label) for key, label in cls.base_filters[name].extra.get("choices", ())}
        return choices[value].lower() if value in choices else value

    def faults(self) -> dict[str, str]:
        """Field → what is wrong and how to put it right; empty when all is well."""
        data = self.data or {}
        known = set(self.filters) | self.listing
        faults = {
            name: f"No such filter. Available: {', '.join(sorted(self.filters))}."
            for name in data
            if name not in known
        }
        for name in self.filters:
            single = not isinstance(self.filters[name], RepeatedFilter | django_filters.MultipleChoiceFilter)
            if single and hasattr(data, "getlist") and len(data.getlist(name)) > 1:
                faults[name] = "Give this filter once."
        faults |= {name: self.told(name, texts) for name, texts in self.form.errors.items()}
        return self.faults_of_periods() | faults

    def faults_of_periods(self) -> dict[str, str]:
        """What is wrong with the end of a range that ends before it begins."""
        values = self.form.cleaned_data
        return {
            end: f"The range ends before it begins. Give a time after “{self.filters[start].label}”."
            for start, end in self.periods
            if values.get(start) and values.get(end) and values[end] < values[start]
        }

    def told(self, name: str, texts: Any) -> str:
        """The fault in words, with what can be chosen."""
        choices = [str(value) for value, _ in getattr(self.form.fields[name], "choices", ()) if value]
        return " ".join([*map(str, texts), *([f"Available: {', '.join(choices)}."] if choices else [])])

    def checked(self) -> dict[str, Any]:
        """The clean values; InvalidInput if any parameter is wrong."""
        if faults := self.faults():
            raise InvalidInput(faults)
        return dict(self.form.cleaned_data)

    @property
    def found(self) -> Any:
        """The queryset filtered; InvalidInput if any parameter is wrong."""
        self.checked()
        return self.qs

    def in_words(self) -> str:
        """What the filter asks for, for people: `state: failed; function: charge-card`."""
        values = {name: self.checked()[name] for name in self.filters}
        return "; ".join(
            f"{self.filters[name].label.lower()}: {worded(value)}"
            for name, value in values.items()
            if value not in EMPTY
        )


EMPTY: tuple[Any, ...] = (None, "", (), [])


def parameters_of(values: dict[str, Any]) -> dict[str, Any]:
    """Write clean values as parameters, which the same filter set reads back; empty ones are left out."""
    return {name: parameter_of(value) for name, value in values.items() if value not in EMPTY}


def parameter_of(value: Any) -> str | list[str]:
    """One value or several, as an address has them."""
    if isinstance(value, list | tuple):
        return [str(one) for one in value]
    if isinstance(value, datetime):
        return Timestamp.text_of(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def worded(value: Any) -> str:
    """One value or several, as text."""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return f"{value:%Y-%m-%d %H:%M:%S} UTC" if isinstance(value, Timestamp) else str(value)
