"""Values of any size, read in parts: their beginning for a page, or slice after slice for who asks for all.

Whole, a value of 20 MB is held several times over by every thread that shows 4 KB of it. PostgreSQL cuts it
itself; SQLite lives in our own process and would hold it too, so there its pages on disk are read directly.
"""

from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, models
from django.db.models import TextField
from django.db.models.functions import Cast, Left, Length, Substr

# For each slice PostgreSQL writes the whole value as text, and SQLite walks through the pages before it.
SLICE = {"postgresql": 2_000_000, "sqlite": 1_000_000}
decoder = getincrementaldecoder("utf-8")


@dataclass(frozen=True)
class Excerpt:
    """The beginning of a value, and how many bytes all of it has."""

    text: str
    size: int

    @property
    def is_whole(self) -> bool:
        """Whether there is no more."""
        return len(self.text.encode("utf-8", "surrogatepass")) >= self.size


class Bytes(Length):
    """How many bytes a text has in UTF-8."""

    function = "octet_length"


@dataclass(frozen=True)
class Stored:
    """One row's value that may be long; `model` and key say which row."""

    model: type[models.Model]
    pk: str
    column: str

    def excerpt(self, most: int) -> Excerpt | None:
        """Its beginning: at least `most` bytes where there are so many. None if it is NULL or gone."""
        return excerpts(self.model, self.pk, [self.column], most).get(self.column)

    def slices(self) -> Iterator[str]:
        """All of it, a part at a time; nothing if it is NULL or gone."""
        return of_sqlite(self) if connection.vendor == "sqlite" else of_postgresql(self)


def excerpts(
    model: type[models.Model], pk: str, columns: Iterable[str], most: int
) -> dict[str, Excerpt | None]:
    """Column → the beginning of its value, in one query; empty if there is no such row."""
    if connection.vendor == "sqlite":
        found = blobs(model, pk, columns)
        return {name: None if blob is None else blob.excerpt(most) for name, blob in found.items()}
    names = list(columns)
    texts = [Cast(name, TextField()) for name in names]
    wanted = [part for text in texts for part in (Left(text, most), Bytes(text))]
    row = model._default_manager.filter(pk=pk).values_list(*wanted).first()
    if row is None:
        return {}
    pairs = zip(names, row[::2], row[1::2], strict=True)
    return {name: None if text is None else Excerpt(text, size) for name, text, size in pairs}


def of_postgresql(value: Stored) -> Iterator[str]:
    rows = value.model._default_manager.filter(pk=value.pk)
    text, start, length = Cast(value.column, TextField()), 1, SLICE["postgresql"]
    while part := rows.values_list(Substr(text, start, length), flat=True).first():
        yield part
        start += length


@dataclass(frozen=True)
class Blob:
    """A value in SQLite's file: opened for each part, so that a slow reader keeps no transaction open."""

    table: str
    column: str
    rowid: int

    def open(self) -> Any:
        """SQLite's own handle of the value; it reads no more than it is asked for."""
        connection.ensure_connection()
        return connection.connection.blobopen(self.table, self.column, self.rowid, readonly=True)

    def excerpt(self, most: int) -> Excerpt:
        """The beginning; a character that the cut goes through is left out."""
        with self.open() as value:
            part = value.read(most)
            return Excerpt(decoder("replace").decode(part, final=len(part) == len(value)), len(value))

    def part(self, start: int) -> bytes:
        with self.open() as value:
            value.seek(start)
            return bytes(value.read(SLICE["sqlite"]))


def blobs(model: type[models.Model], pk: str, columns: Iterable[str]) -> dict[str, Blob | None]:
    """Column → where its value lies; None for NULL."""
    names, table = list(columns), model._meta.db_table
    kinds = ", ".join(f"typeof({name})" for name in names)
    key = model._meta.pk.column
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT rowid, {kinds} FROM {table} WHERE {key} = %s", [pk])  # noqa: S608 - our own names
        row = cursor.fetchone()
    if row is None:
        return {}
    found = zip(names, row[1:], strict=True)
    return {name: None if kind == "null" else Blob(table, name, row[0]) for name, kind in found}


def of_sqlite(value: Stored) -> Iterator[str]:
    blob = blobs(value.model, value.pk, [value.column]).get(value.column)
    text, start = decoder("replace"), 0
    while blob and (part := blob.part(start)):
        yield text.decode(part)
        start += len(part)
    yield text.decode(b"", final=True)
