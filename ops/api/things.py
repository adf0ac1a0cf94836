"""One thing by its id."""

from typing import Any, TypeVar

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import DataError
from django.db.models import Model, QuerySet
from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from ops.api.views import ApiView

Row = TypeVar("Row", bound=Model)


def find(rows: QuerySet[Row], pk: str) -> Row | None:
    """The row of this id; None if there is none, or can be none."""
    try:
        return rows.get(pk=pk)
    except (ObjectDoesNotExist, ValidationError, DataError, ValueError):
        return None


def thing(rows: QuerySet[Row], pk: str) -> Row:
    """The row of this id; Http404 if there is none."""
    row = find(rows, pk)
    if row is None:
        raise Http404(f"There is no {rows.model._meta.verbose_name} with this id.")
    return row


class ThingView(ApiView):
    """One row with everything, payloads for those who may see them."""

    def rows(self) -> QuerySet[Any]:
        """Where to look; payload columns are left out for whoever may not see them."""
        raise NotImplementedError

    def get(self, request: Request, id: str) -> Response:  # noqa: A002 - the address's own name
        """The row as JSON."""
        [told] = self.tell(self.answer, [thing(self.rows(), id)])
        return Response(told)
