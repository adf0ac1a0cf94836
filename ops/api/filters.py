"""django-filter's backend, strict: an unknown or invalid parameter is an error, never a wider list."""

from typing import Any

from django.http import QueryDict
from django_filters import MultipleChoiceFilter
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.request import Request

from ops.lists.filters import RepeatedFilter, StrictFilterSet
from ops.platform.errors import InvalidInput

FORMAT = "format"
LIST_SUFFIX = "[]"
SPELLINGS = {"canceled": "cancelled"}


class StrictFilterBackend(DjangoFilterBackend):
    """Filter lists by the view's `filterset_class`."""

    template = "rest_framework/_filter_form.html"

    def get_filterset_class(self, view: Any, queryset: Any = None) -> Any:
        """An action may filter other rows than those of its viewset."""
        return getattr(view, "filterset_class", None)

    def get_filterset_kwargs(self, request: Request, queryset: Any, view: Any) -> dict[str, Any]:
        return {"data": view.filter_parameters(), "queryset": queryset, "request": request}

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        """Return what the filter set makes of the queryset; InvalidInput names each faulty parameter."""
        filterset = self.get_filterset(request, queryset, view)
        if filterset is None:
            return queryset
        if faults := filterset.faults():
            raise InvalidInput(faults)
        return filterset.qs


def as_declared(given: QueryDict, filterset_class: type[StrictFilterSet]) -> QueryDict:
    """The parameters as the filter set names them.

    Lists come as `status=a&status=b`, as `status[]=a`, and as `status=a,b` where the values are a fixed
    choice; `canceled` is how many write `cancelled`.
    """
    data = QueryDict(mutable=True)
    for name, values in given.lists():
        plain = name.removesuffix(LIST_SUFFIX)
        declared = filterset_class.base_filters.get(plain)
        if not is_repeatable(declared):
            data.setlist(name, values)
            continue
        choices = {value for value, _ in declared.extra.get("choices", ())}
        parts = [part for value in values for part in value.split(",")] if choices else values
        spelled = [SPELLINGS.get(part, part) if part not in choices else part for part in parts]
        data.setlist(plain, data.getlist(plain) + (spelled if choices else parts))
    return data


def is_repeatable(declared: Any) -> bool:
    """Whether the filter takes several values."""
    return isinstance(declared, RepeatedFilter | MultipleChoiceFilter)


def paging_of(view: Any) -> set[str]:
    """The parameters that belong to the view's pagination."""
    return set(view.paginator.parameters(view)) if view.paginator else set()


def without(parameters: QueryDict, names: set[str]) -> QueryDict:
    """A copy of the parameters that lacks the names."""
    data = parameters.copy()
    for name in names & data.keys():
        del data[name]
    return data
