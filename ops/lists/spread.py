"""The first rows of a list over many values of one column, where an index serves each of them.

A branch of a union for each value is right for a few: SQLite refuses a statement with thousands, and
PostgreSQL needs longer to plan it than to answer. To read all rows of all values and sort them, or all rows
of the table until enough of them match, takes the longer the bigger the table is.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any, Self

from django.db import connections
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

MANY = {"postgresql": "unnest(%s::text[]) AS many(value)", "sqlite": "json_each(%s) AS many"}
MARKS = """
SELECT value, mark FROM (SELECT many.value, ({mark}) AS mark FROM {many}) AS marked
WHERE mark IS NOT NULL ORDER BY mark {direction} LIMIT {most:d}
"""
# SQLite knows no LATERAL; it looks each key up instead.
FIRST = {
    "postgresql": "SELECT found.* FROM {many} CROSS JOIN LATERAL ({rows}) AS found",
    "sqlite": "SELECT {names} FROM {many} CROSS JOIN {table} AS found ON found.{key} IN ({rows})",
}

Sql = tuple[str, tuple[Any, ...]]


# Branches of one union: more cost longer to plan than to read.
FEW = 42


@dataclass(frozen=True)
class Spread:
    """The rows whose column has one of the values; an index on the column and the order serves each value."""

    rows: QuerySet[Any]
    column: str
    values: Sequence[str]

    def filter(self, *conditions: Q) -> Self:
        """Those that also meet the conditions."""
        return replace(self, rows=self.rows.filter(*conditions))

    @property
    def together(self) -> QuerySet[Any]:
        """All of them as one queryset, to be counted: reading it in order would sort everything."""
        return self.rows.filter(**{f"{self.column}__among": self.values})

    def first(self, by: Sequence[str], limit: int) -> Sql:
        """SQL of the columns of the order: the first rows of all, and others, in any order. Asks a query."""
        chosen, names = self.narrowed(by, limit), [name.lstrip("-") for name in by]
        wanted = names if self.vendor == "postgresql" else names[-1:]
        rows, parameters = chosen.each.order_by(*by).values(*wanted)[:limit].query.sql_with_params()
        statement = FIRST[self.vendor].format(
            many=MANY[self.vendor],
            rows=rows,
            names=", ".join(f"found.{name}" for name in names),
            table=self.rows.model._meta.db_table,
            key=names[-1],
        )
        return statement, (chosen.parameter, *parameters)

    def narrowed(self, by: Sequence[str], limit: int) -> Self:
        """Without what can't be among the first rows.

        If all values had the same share of the rows, where would the share of each end? Once the shares that
        end first hold as many rows as are wanted, nothing beyond the last of these ends is needed.
        """
        share = ceil(limit / len(self.values))
        needed = ceil(limit / share)
        marks = self.marks(by, share, needed)
        chosen = self
        if share == 1 and (len(by) == 1 or len(marks) < needed):  # else there may be ties beyond the last
            chosen = replace(self, values=[value for value, _ in marks])
        if len(marks) < needed:
            return chosen
        name, operator = by[0].lstrip("-"), "gte" if by[0].startswith("-") else "lte"
        return chosen.filter(Q(**{f"{name}__{operator}": marks[-1][1]}))

    def marks(self, by: Sequence[str], share: int, most: int) -> list[tuple[str, Any]]:
        """The first values by the last row of their share, each with this row's place in the order."""
        name = by[0].lstrip("-")
        row = self.each.order_by(*by).values(name)[share - 1 : share]
        mark, parameters = row.query.sql_with_params()
        direction = "DESC" if by[0].startswith("-") else "ASC"
        sql = MARKS.format(mark=mark, many=MANY[self.vendor], direction=direction, most=most)
        convert = self.rows.model._meta.get_field(name).to_python
        with connections[self.rows.db].cursor() as cursor:
            cursor.execute(sql, (*parameters, self.parameter))
            return [(value, convert(place)) for value, place in cursor.fetchall()]

    @property
    def each(self) -> QuerySet[Any]:
        """The rows of one value, inside a statement that goes through all of them."""
        return self.rows.filter(**{self.column: RawSQL("many.value", ())})

    @property
    def vendor(self) -> str:
        return connections[self.rows.db].vendor

    @property
    def parameter(self) -> Any:
        """All values as one parameter."""
        return list(self.values) if self.vendor == "postgresql" else json.dumps(list(self.values))


# A part of what a list shows.
Branch = QuerySet[Any] | Spread


def branches_of(
    rows: QuerySet[Any], column: str, values: Sequence[str], *, few: bool, served: bool
) -> Sequence[Branch]:
    """The rows whose column has one of the values, in parts that can be read in order; no values are all.

    `served`: whether an index on column and order is there, and no other condition leaves fewer rows.
    """
    if not values:
        return [rows]
    if few:
        return [rows.filter(**{column: value}) for value in values]
    spread = Spread(rows, column, values)
    return [spread if served else spread.together]
