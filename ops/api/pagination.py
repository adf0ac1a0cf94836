"""Keyset pages: `{results, next, previous}`, and `window` where the list had to be limited to a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from ops.api.fields import MomentField
from ops.lists.branches import Branches, Window
from ops.lists.pagination import Order, Page, paginate
from ops.platform.errors import InvalidInput

DEFAULT_LIMIT, MAX_LIMIT = 50, 500
ORDERS = {"newest": True, "oldest": False}
CURSOR, LIMIT, ORDER = "cursor", "limit", "order"
NULLABLE_ADDRESS = {"type": "string", "format": "uri", "nullable": True}
MOMENT = {"type": "string", "format": "date-time", "nullable": True}


class WindowSerializer(serializers.Serializer[Any]):
    """The time to which a list was limited, because no index serves its filter."""

    start = MomentField(help_text="Inclusive.")
    end = MomentField(allow_null=True, help_text="Exclusive; null is now.")


@dataclass(frozen=True)
class Asked:
    """How much of a list is wanted, and from where."""

    limit: int
    order: Order
    cursor: str
    scope: str


class KeysetPagination(BasePagination):
    """Pages after or before a signed cursor. DRF's own cursors skip rows with equal keys."""

    display_page_controls = True
    template = "rest_framework/_pager.html"
    page: Page
    window: Window | None
    request: Request

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Return the rows of the page that is asked for; `view` gives the total order and the columns."""
        found = queryset if isinstance(queryset, Branches) else Branches([queryset])
        asked = self.read(request, view)
        self.request, self.window = request, found.window
        self.page = paginate(
            found.querysets,
            view.for_list,
            order=asked.order,
            size=asked.limit,
            cursor=asked.cursor,
            scope=asked.scope,
        )
        return self.page.rows

    def read(self, request: Request, view: Any) -> Asked:
        """Return what the address asks for; InvalidInput names each parameter that can't be used."""
        parameters = request.query_params
        names = self.parameters(view)
        faults = {name: "Give this once." for name in names if len(parameters.getlist(name)) > 1}
        limit = limit_of(parameters.get(LIMIT, ""))
        if limit is None:
            faults[LIMIT] = f"Give a whole number from 1 to {MAX_LIMIT}."
        order = view.get_order()
        newest_first = order.newest_first
        if ORDER in names and (word := parameters.get(ORDER)):
            newest_first = ORDERS.get(word)
        if newest_first is None:
            faults[ORDER] = f"Give one of: {', '.join(ORDERS)}."
        if limit is None or newest_first is None or faults:
            raise InvalidInput(faults)
        order = replace(order, newest_first=newest_first)
        return Asked(limit, order, parameters.get(CURSOR, ""), f"{request.path} {scope_of(parameters)}")

    def get_paginated_response(self, data: Any) -> Response:
        links = {"next": self.address_of(self.page.next), "previous": self.address_of(self.page.previous)}
        window = {} if self.window is None else {"window": WindowSerializer(self.window).data}
        return Response({"results": data} | links | window)

    def address_of(self, cursor: str | None) -> str | None:
        """The same list at another cursor."""
        if cursor is None:
            return None
        parameters = self.request.query_params.copy()
        parameters[CURSOR] = cursor
        return self.request.build_absolute_uri(f"{self.request.path}?{parameters.urlencode()}")

    def get_results(self, data: Mapping[str, Any]) -> Sequence[Any]:
        return list(data["results"])

    def to_html(self) -> str:
        """Nothing: the page of an answer draws the links itself."""
        return ""

    def parameters(self, view: Any) -> dict[str, dict[str, Any]]:
        """Name → OpenAPI parameter without its name."""
        first = next(word for word, newest in ORDERS.items() if newest is view.order.newest_first)
        limit = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
        order = {"type": "string", "enum": list(ORDERS), "default": first}
        found = {
            CURSOR: {
                "description": "From `next` or `previous` of the page before.",
                "schema": {"type": "string"},
            },
            LIMIT: {"description": "Rows per page.", "schema": limit},
        }
        return found | {ORDER: {"description": "Which rows come first.", "schema": order}}

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        about = {"in": "query", "required": False}
        return [{"name": name} | about | told for name, told in self.parameters(view).items()]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        window = {"type": "object", "properties": {"start": MOMENT, "end": MOMENT}}
        about = "The time to which the list was limited, because no index serves its filter."
        return {
            "type": "object",
            "required": ["results", "next", "previous"],
            "additionalProperties": False,
            "properties": {
                "results": schema,
                "next": NULLABLE_ADDRESS | {"description": "Null on the last page."},
                "previous": NULLABLE_ADDRESS | {"description": "Null on the first page."},
                "window": window
                | {"description": about, "required": ["start", "end"], "additionalProperties": False},
            },
        }


def limit_of(text: str) -> int | None:
    """The number of rows; None for anything that isn't one."""
    if not text:
        return DEFAULT_LIMIT
    is_number = text.isascii() and text.isdigit() and len(text) <= 4
    return int(text) if is_number and 1 <= int(text) <= MAX_LIMIT else None


def scope_of(parameters: QueryDict) -> str:
    """The filter as one text, under which the cursors are signed."""
    pairs = ((name, value) for name, values in parameters.lists() for value in values)
    return repr(sorted(pair for pair in pairs if pair[0] not in {CURSOR, LIMIT, "format"}))
