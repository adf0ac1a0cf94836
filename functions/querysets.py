"""Every question asked of the functions table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models

from functions.definition import Definition, read_definition

if TYPE_CHECKING:
    from functions.models import Function


@dataclass(frozen=True)
class Registered:
    """A registered function, its definition read."""

    id: str
    definition: Definition
    created_at: datetime
    updated_at: datetime


class FunctionQuerySet(models.QuerySet["Function"]):
    """Functions, by name of the question."""

    def registered(self) -> Mapping[str, Registered]:
        """Id → function with its definition read, in the order of lists."""
        return {row.id: read(row) for row in self.order_by("id")}


def read(row: Function) -> Registered:
    """The function with its definition read."""
    return Registered(row.id, read_definition(row.definition), row.created_at, row.updated_at)
