"""Every question asked of the functions table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models

from functions.definition import Definition, read_definition
from ops.engine.values import Payload

if TYPE_CHECKING:
    from functions.models import Function  # noqa: F401 - named in strings below

MOST = 2_000


@dataclass(frozen=True)
class Registered:
    """A registered function, its definition read."""

    id: str
    definition: Definition
    created_at: datetime
    updated_at: datetime


class FunctionQuerySet(models.QuerySet["Function"]):
    """Functions, by name of the question."""

    def first_by_id(self) -> Self:
        """All of them in the order of lists, as many as a list can show."""
        return self.order_by("id")[:MOST]

    def definition_of(self, function_id: str) -> Payload | None:
        """The function's definition as it is stored; None if it isn't registered."""
        return self.filter(pk=function_id).values_list("definition", flat=True).first()

    def registered(self) -> Mapping[str, Registered]:
        """Id → function with its definition read."""
        return {
            row.id: Registered(row.id, read_definition(row.definition), row.created_at, row.updated_at)
            for row in self.first_by_id()
        }
