"""A filter's parameters as OpenAPI has them."""

from collections.abc import Iterator
from typing import Any

import django_filters
from django import forms
from drf_spectacular.utils import OpenApiParameter

from ops.filters import RepeatedFilter, StrictFilterSet


def parameters_of(filter_class: type[StrictFilterSet]) -> list[OpenApiParameter]:
    """One per filter of the class."""
    return list(each(filter_class))


def each(filter_class: type[StrictFilterSet]) -> Iterator[OpenApiParameter]:
    """The parameters, in the order of declaration."""
    for name, declared in filter_class.base_filters.items():
        is_many = isinstance(declared, RepeatedFilter | django_filters.MultipleChoiceFilter)
        yield OpenApiParameter(
            name,
            schema_of(declared),
            many=is_many,
            enum=choices_of(declared),
            description=str(declared.extra.get("help_text") or declared.label or ""),
        )


def schema_of(declared: Any) -> Any:
    """The type of one value."""
    if isinstance(declared.field, forms.IntegerField):
        return int
    return str


def choices_of(declared: Any) -> list[str] | None:
    """The allowed values, where they are known."""
    choices = [value for value, _ in declared.extra.get("choices", ()) if value]
    return choices or None
