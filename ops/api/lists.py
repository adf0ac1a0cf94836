"""Lists: the shared filter of a model, keyset pages both ways, nothing counted."""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.encoding import escape_uri_path
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ops.api.fields import MomentField
from ops.api.parameters import parameters_of
from ops.api.views import ApiView
from ops.errors import InvalidInput
from ops.filters import StrictFilterSet
from ops.pagination import Order, Page, paginate
from ops.spread import Branch

DEFAULT_LIMIT, MAX_LIMIT = 50, 500
ORDERS = {"newest": True, "oldest": False}
PAGING = [
    OpenApiParameter("cursor", str, description="From `next` or `previous` of the page before."),
    OpenApiParameter(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        description="Rows per page.",
    ),
]


def order_of(first: str) -> OpenApiParameter:
    """Which rows come first."""
    about: dict[str, Any] = {"enum": list(ORDERS), "default": first, "description": "Which rows come first."}
    return OpenApiParameter("order", str, **about)


@dataclass(frozen=True)
class Window:
    """[start, end) of creation."""

    start: datetime | None
    end: datetime | None


@dataclass(frozen=True)
class Question:
    """What a list asks of the database: branches of a union, the columns to read, their total order."""

    branches: Sequence[Branch]
    columns: Callable[[Any], QuerySet[Any]]
    order: Order
    window: Window | None = None


@dataclass(frozen=True)
class Listing:
    """How much of a list is wanted, and from where."""

    limit: int
    newest_first: bool
    cursor: str
    scope: str

    @classmethod
    def of(cls, request: Request, *, first: str) -> "Listing":
        """From the address; InvalidInput naming each parameter that can't be used."""
        parameters = request.query_params
        names = ("cursor", "limit", "order", "format")
        faults = {name: "Give this once." for name in names if len(parameters.getlist(name)) > 1}
        limit = limit_of(parameters.get("limit", ""))
        if limit is None:
            faults["limit"] = f"Give a whole number from 1 to {MAX_LIMIT}."
        newest_first = ORDERS.get(parameters.get("order") or first)
        if newest_first is None:
            faults["order"] = f"Give one of: {', '.join(ORDERS)}."
        if limit is None or newest_first is None or faults:
            raise InvalidInput(faults)
        scope = f"{request.path} {scope_of(parameters)}"
        return cls(limit, newest_first, parameters.get("cursor", ""), scope)


def limit_of(text: str) -> int | None:
    """The number of rows; None for anything that isn't one."""
    if not text:
        return DEFAULT_LIMIT
    is_number = text.isascii() and text.isdigit() and len(text) <= 4
    return int(text) if is_number and 1 <= int(text) <= MAX_LIMIT else None


def scope_of(parameters: QueryDict) -> str:
    """The filter as one text, under which the cursors are signed."""
    pairs = ((name, value) for name, values in parameters.lists() for value in values)
    return repr(sorted(pair for pair in pairs if pair[0] not in {"cursor", "limit", "format"}))


class WindowSerializer(serializers.Serializer[Any]):
    """The time to which a list was limited, because no index serves its filter."""

    start = MomentField(help_text="Inclusive.")
    end = MomentField(allow_null=True, help_text="Exclusive; null is now.")


@cache
def page_of(row: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """The serializer of one page of such rows."""
    name = row.__name__.removesuffix("Serializer")
    link = serializers.CharField(allow_null=True, help_text="Address without host; null at the end.")
    window = WindowSerializer(required=False, help_text="Only where the list was limited to a time.")
    fields = {"results": row(many=True), "next": link, "previous": copy(link), "window": window}
    return type(f"{name}PageSerializer", (serializers.Serializer,), {**fields, "__doc__": row.__doc__})


class ListView(ApiView):
    """`{results, next, previous}`, and `window` when the filter was limited to a time."""

    row: type[serializers.Serializer[Any]]
    act = "list"
    first = "newest"
    has_order = True
    filter_class: ClassVar[type[StrictFilterSet] | None] = None

    def __init_subclass__(cls) -> None:
        """The answer follows from the row."""
        if "row" in vars(cls):
            cls.answer = page_of(cls.row)

    def ask(self, listing: Listing, **address: str) -> Question:
        """The question behind the list; raises InvalidInput or Http404."""
        raise NotImplementedError

    def complete(self, rows: Sequence[Any]) -> Sequence[Any]:
        """The rows with what the answer needs besides their own columns."""
        return rows

    @classmethod
    def parameters(cls) -> list[OpenApiParameter]:
        """Those of the filter, and how much of the list is wanted."""
        filters = parameters_of(cls.filter_class) if cls.filter_class else []
        return [*filters, *PAGING, *([order_of(cls.first)] if cls.has_order else [])]

    def get(self, request: Request, **address: str) -> Response:
        """One page of the list."""
        listing = Listing.of(request, first=self.first)
        page, window = self.turn_to(listing, **address)
        rows = self.tell(self.row, self.complete(page.rows))
        links = {"next": self.address_of(page.next), "previous": self.address_of(page.previous)}
        return Response({"results": rows} | links | window_of(window))

    def turn_to(self, listing: Listing, **address: str) -> tuple[Page, Window | None]:
        """The page that is asked for, and the time to which the list was limited."""
        question = self.ask(listing, **address)
        page = paginate(
            question.branches,
            question.columns,
            order=question.order,
            size=listing.limit,
            cursor=listing.cursor,
            scope=listing.scope,
        )
        return page, question.window

    def address_of(self, cursor: str | None) -> str | None:
        """The same list at another cursor, without host."""
        if cursor is None:
            return None
        parameters = self.request.query_params.copy()
        parameters["cursor"] = cursor
        return f"{escape_uri_path(self.request.path)}?{parameters.urlencode()}"


def window_of(window: Window | None) -> dict[str, Any]:
    """The time to which the list was limited; nothing when it wasn't."""
    return {} if window is None else {"window": WindowSerializer(window).data}
