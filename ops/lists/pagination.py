"""Keyset pages: a total order, cursors both ways, no OFFSET and no COUNT of the table."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.db import connections
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from ops.engine.values import Timestamp
from ops.lists.spread import Branch, Spread, Sql
from ops.platform.errors import InvalidInput

COUNT_CAP = 10_000
SALT = "console.cursor"


@dataclass(frozen=True)
class Order:
    """A total order: one or two columns of the same direction, the last one unique."""

    columns: tuple[str, ...] = ("id",)
    newest_first: bool = True

    def by(self, *, backwards: bool = False) -> list[str]:
        """Arguments for order_by()."""
        sign = "-" if self.newest_first != backwards else ""
        return [f"{sign}{column}" for column in self.columns]

    def beyond(self, key: Sequence[Any], *, backwards: bool) -> Q:
        """The rows after the key, or before it."""
        operator = "lt" if self.newest_first != backwards else "gt"
        if len(self.columns) == 1:
            return Q(**{f"{self.columns[0]}__{operator}": key[0]})
        first, last = self.columns
        tie = Q(**{first: key[0], f"{last}__{operator}": key[1]})
        # The first condition alone bounds the index scan; the second drops the ties already shown.
        return Q(**{f"{first}__{operator}e": key[0]}) & (Q(**{f"{first}__{operator}": key[0]}) | tie)

    def key_of(self, row: Any) -> list[str]:
        """The row's place in the order, as texts that lose nothing."""
        return [text_of(getattr(row, column)) for column in self.columns]


def text_of(value: Any) -> str:
    """An id or a moment as text, nothing lost."""
    return Timestamp.text_of(value) if isinstance(value, datetime) else str(value)


@dataclass(frozen=True)
class Page:
    """The rows of one page, in order, and the cursors to its neighbours."""

    rows: list[Any]
    next: str | None
    previous: str | None


def paginate(
    branches: Sequence[Branch],
    columns: Callable[[Any], QuerySet[Any]],
    *,
    order: Order,
    size: int,
    cursor: str = "",
    scope: str = "",
) -> Page:
    """One page of the union of the branches, reading what `columns` selects.

    `scope` is the text of the filter: a cursor made under another one is refused. Raises InvalidInput.
    """
    key, backwards = read_cursor(cursor, order=order, scope=scope) if cursor else ([], False)
    if key:
        branches = [branch.filter(order.beyond(key, backwards=backwards)) for branch in branches]
    found = first_rows(branches, columns, by=order.by(backwards=backwards), limit=size + 1)
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    ahead, behind = (True, more) if backwards else (more, bool(key))
    return Page(
        rows=found,
        next=make_cursor(order, found[-1], "next", scope) if found and ahead else None,
        previous=make_cursor(order, found[0], "previous", scope) if found and behind else None,
    )


def first_rows(
    branches: Sequence[Branch],
    columns: Callable[[Any], QuerySet[Any]],
    *,
    by: list[str],
    limit: int,
) -> list[Any]:
    """The first rows of the union.

    Each branch is read in order from its own index and stops at the limit; one query with OR or IN would
    sort everything that matches.
    """
    if not branches:
        return []
    return list(columns(merged(branches, by=by, limit=limit)).order_by(*by)[:limit])


def merged(branches: Sequence[Branch], *, by: list[str], limit: int) -> QuerySet[Any]:
    """One queryset that holds the first rows of all branches, and perhaps others; not yet in order."""
    first = branches[0]
    if len(branches) == 1 and isinstance(first, QuerySet):
        return first
    rows: QuerySet[Any] = (first if isinstance(first, QuerySet) else first.rows).model._default_manager.all()
    return rows.filter(pk__in=union(branches, by=by, limit=limit))


def union(branches: Sequence[Branch], *, by: list[str], limit: int) -> RawSQL:
    """The keys of the first rows of all branches, as a subquery.

    Written here because Django refuses ordered and limited branches of a union on SQLite.
    """
    names = [name.lstrip("-") for name in by]
    every, parameters = union_all(first_of(branch, by=by, limit=limit) for branch in branches)
    ordering = ", ".join(f"{name.lstrip('-')} {'DESC' if name.startswith('-') else 'ASC'}" for name in by)
    sql = f"SELECT {names[-1]} FROM ({every}) AS u ORDER BY {ordering} LIMIT {limit:d}"  # noqa: S608 - as below
    return RawSQL(sql, parameters)  # noqa: S611 - as below


def first_of(branch: Branch, *, by: list[str], limit: int) -> Sql:
    """SQL of the columns of the order of a branch's first rows."""
    if isinstance(branch, Spread):
        return branch.first(by, limit)
    return branch.order_by(*by).values(*(name.lstrip("-") for name in by))[:limit].query.sql_with_params()


def union_all(branches: Iterable[Sql]) -> tuple[str, list[Any]]:
    """SQL and parameters of all rows of the branches."""
    parts: list[str] = []
    parameters: list[Any] = []
    for number, (sql, values) in enumerate(branches):
        parts.append(f"SELECT * FROM ({sql}) AS b{number}")  # noqa: S608 - Django's own SQL, bound values
        parameters += values
    return " UNION ALL ".join(parts), parameters


def capped_count(branches: Sequence[Branch], cap: int = COUNT_CAP) -> int:
    """How many rows match, at most `cap + 1`: that value means "more than cap". One query."""
    if not branches:
        return 0
    rows = [branch.together if isinstance(branch, Spread) else branch for branch in branches]
    every, parameters = union_all(
        part.order_by().values("pk")[: cap + 1].query.sql_with_params() for part in rows
    )
    sql = f"SELECT count(*) FROM (SELECT 1 FROM ({every}) AS u LIMIT {cap + 1:d}) AS s"  # noqa: S608 - as above
    with connections[rows[0].db].cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.fetchone()[0])


def make_cursor(order: Order, row: Any, direction: str, scope: str) -> str:
    """A signed, opaque cursor beside the row."""
    return signing.dumps([direction, digest(order, scope), *order.key_of(row)], salt=SALT)


def read_cursor(cursor: str, *, order: Order, scope: str) -> tuple[list[Any], bool]:
    """The key and whether to go backwards; InvalidInput if it isn't ours or the filter has changed."""
    try:
        direction, made_under, *key = signing.loads(cursor, salt=SALT)
    except (signing.BadSignature, ValueError):
        raise InvalidInput(
            {"cursor": "Not a cursor of this list. Leave it out to start at the top."}
        ) from None
    if made_under != digest(order, scope):
        raise InvalidInput(
            {"cursor": "Made under another filter or order. Leave it out to start at the top."}
        )
    values = [*map(Timestamp.read, key[:-1]), key[-1]]
    return values, direction == "previous"


def digest(order: Order, scope: str) -> str:
    """A short fingerprint of order and filter."""
    return hashlib.sha256(f"{order}|{scope}".encode()).hexdigest()[:12]
