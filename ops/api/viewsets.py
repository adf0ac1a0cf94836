"""The base of every viewset: permission, throttling, errors, and no parameter that isn't known."""

import inspect
from typing import Any, ClassVar

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import DataError
from django.db.models import Model, QuerySet
from django.http import Http404, QueryDict
from rest_framework import mixins
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from ops.api.filters import FORMAT, LIST_SUFFIX, as_declared, is_repeatable, paging_of, without
from ops.api.views import ConsoleView
from ops.lists.pagination import Order


class ConsoleViewSet(ConsoleView, GenericViewSet[Any]):
    """What all addresses share.

    `permission` is what an address asks for; `serializer_class` tells what a GET answers and what a POST
    takes, `answer_class` what a POST answers, with `answer_status`. An action overrides each by its own
    keywords. Payloads are read and told only for callers with `payload_permission`.
    """

    payload_permission = ""
    filterset_class: Any = None
    row_serializer_class: type[BaseSerializer[Any]] | None = None
    answer_class: type[BaseSerializer[Any]] | None = None
    answer_status = 200
    error_answers: ClassVar[dict[int, Any]] = {}
    order = Order()
    lookup_url_kwarg = "id"
    versioning_class = None

    def known_parameters(self) -> set[str]:
        """Those of the filter and of the pages."""
        if not self.is_list:
            return set()
        filterset_class = self.filterset_class
        return {*paging_of(self), *(filterset_class.base_filters if filterset_class else ())}

    def knows(self, name: str, known: set[str]) -> bool:
        """`status[]` is a spelling of `status`."""
        plain = name.removesuffix(LIST_SUFFIX)
        filters = getattr(self.filterset_class, "base_filters", {}) if self.is_list else {}
        return name in known or (plain in known and is_repeatable(filters.get(plain)))

    @property
    def is_list(self) -> bool:
        """Whether the address answers rows, so that filter and paging apply."""
        return self.action != "retrieve" and bool(self.filter_backends or self.pagination_class)

    def filter_parameters(self) -> QueryDict:
        """The parameters of the address that belong to its filter."""
        given = without(self.request.query_params, {FORMAT, *paging_of(self)})
        return as_declared(given, self.filterset_class) if self.filterset_class else given

    def get_view_name(self) -> str:
        """What the browsable page calls it: `Runs`, `Run`, `Cancel runs`."""
        rows: Any = getattr(self, "queryset", None)
        if self.name or rows is None:
            return super().get_view_name()
        meta = rows.model._meta
        return str(meta.verbose_name if self.detail else meta.verbose_name_plural).capitalize()

    def get_view_description(self, html: bool = False) -> str:  # noqa: FBT001, FBT002 - DRF's
        """What the action says of itself, where the viewset speaks of its list."""
        if self.action == "retrieve":
            self.description = inspect.getdoc(self.retrieve)  # type: ignore[attr-defined]
        return super().get_view_description(html)

    def get_extra_action_url_map(self) -> dict[str, str]:
        """The row's or list's actions that the caller may use."""
        actions: list[Any] = self.get_extra_actions()
        may = {
            self.__class__(**found.kwargs).get_view_name(): found.kwargs.get("permission", self.permission)
            for found in actions
        }
        return {
            name: address
            for name, address in super().get_extra_action_url_map().items()
            if may[name] is None or self.request.user.has_perm(may[name])
        }

    def get_serializer_class(self) -> Any:
        if self.action == "list" and self.row_serializer_class:
            return self.row_serializer_class
        return super().get_serializer_class()

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "sees_payloads": self.sees_payloads}

    @property
    def sees_payloads(self) -> bool:
        """Whether the caller may see event data, inputs and outputs."""
        if not self.payload_permission or self.request is None:
            return False
        return bool(self.request.user.has_perm(self.payload_permission))

    def get_object(self) -> Any:
        """The row of the address; Http404 says what isn't there. A filter is for lists alone."""
        return thing(self.get_queryset(), self.kwargs[self.lookup_url_kwarg])

    def get_order(self) -> Order:
        """The total order of the rows."""
        return self.order

    def for_list(self, rows: Any) -> QuerySet[Any]:
        """Choose the columns that a list reads."""
        found: QuerySet[Any] = rows
        return found

    def answer_page(self, queryset: Any) -> Response:
        """One page of rows."""
        rows = self.paginate_queryset(queryset)
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)


class ReadOnlyViewSet(mixins.RetrieveModelMixin, mixins.ListModelMixin, ConsoleViewSet):
    """Rows of one model: a list and each by its id."""


def find(rows: QuerySet[Any], pk: str) -> Any:
    """The row of this id; None if there is none, or can be none."""
    try:
        return rows.get(pk=pk)
    except (ObjectDoesNotExist, ValidationError, DataError, ValueError):
        return None


def thing(rows: QuerySet[Any], pk: str) -> Any:
    """The row of this id; Http404 if there is none."""
    row: Model | None = find(rows, pk)
    if row is None:
        raise Http404(f"There is no {rows.model._meta.verbose_name} with this id.")
    return row
