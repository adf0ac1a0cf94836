"""Column codecs: one model reads and writes the engine's rows byte for byte, on PostgreSQL and on SQLite.

The formats are those of `docs/engine.md`: on SQLite ids, times and JSON are TEXT; on PostgreSQL uuid,
timestamptz and jsonb. Ids are `str` in Python, times `Timestamp`, JSON `Payload`.
"""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Lookup
from django.db.models.sql.compiler import SQLCompiler

from ops.engine.connections import readable
from ops.engine.ids import MANY
from ops.engine.values import Payload, Timestamp


def is_sqlite(connection: BaseDatabaseWrapper) -> bool:
    """The one question that the codecs ask of a connection."""
    return connection.vendor == "sqlite"


def text_in(value: Any) -> str:
    """The column's text; SQLite also keeps a BLOB in a TEXT column."""
    return readable(value) if isinstance(value, bytes) else str(value)


class EngineIdField(models.Field[Any, Any]):
    """A uuid column, as text in Python: SQLite may hold forms that are no UUID, and they must survive."""

    description = "Identifier of an engine row"

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "text" if is_sqlite(connection) else "uuid"

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> str | None:
        return None if value is None else text_in(value)

    def to_python(self, value: Any) -> str | None:
        return None if value is None else str(value)

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        if value is None or is_sqlite(connection):
            return value if value is None else str(value)
        try:
            return uuid.UUID(str(value))
        except ValueError as error:
            raise ValidationError(f"“{value}” is not a UUID.") from error


@EngineIdField.register_lookup
class Among(Lookup[Any]):
    """Is one of many ids.

    On PostgreSQL of an array that is made first: with any other condition beside it the planner would rather
    read all that meet that one, for each chunk of a job again.
    """

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        column, values = self.process_lhs(compiler, connection)
        many = MANY[connection.vendor]
        test = f"{column} IN ({many})" if is_sqlite(connection) else f"{column} = ANY(ARRAY({many}))"
        return test, (*values, json.dumps(list(self.rhs)))


class EngineTimestampField(models.Field[Any, Any]):
    """A moment in UTC; on SQLite RFC 3339 text, compared as text, so `+00:00` and never `Z`."""

    description = "Moment of an engine row"

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "text" if is_sqlite(connection) else "timestamp with time zone"

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Timestamp | None:
        return (
            None if value is None else Timestamp.read(text_in(value) if isinstance(value, bytes) else value)
        )

    def to_python(self, value: Any) -> Any:
        return Timestamp.read(value) if isinstance(value, str) else value

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        if value is None:
            return None
        if not isinstance(value, datetime):
            raise TypeError(f"{self.name}: expected a datetime, got {type(value).__name__}.")
        if is_sqlite(connection):
            return Timestamp.key_of(value)
        beyond = isinstance(value, Timestamp) and not value.known
        return Timestamp.text_of(value) if beyond else value.astimezone(UTC)

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        if isinstance(value, datetime) and is_sqlite(connection):
            return Timestamp.text_of(value)
        return super().get_db_prep_save(value, connection)


class EngineJSONField(models.Field[Any, Any]):
    """JSON kept as its text: SQL NULL is None, JSON null is `Payload("null")`, broken text survives."""

    description = "JSON of an engine row"

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "text" if is_sqlite(connection) else "jsonb"

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Payload | None:
        return None if value is None else Payload(text_in(value))

    def to_python(self, value: Any) -> Any:
        return value if value is None or isinstance(value, Payload) else Payload.of(value)

    def get_placeholder(self, value: Any, compiler: Any, connection: BaseDatabaseWrapper) -> str:
        return "%s" if is_sqlite(connection) else "%s::jsonb"

    def get_prep_value(self, value: Any) -> Any:
        return value.text if isinstance(value, Payload) else value


class EngineTextField(models.TextField[Any, Any]):
    """varchar(n) on PostgreSQL, TEXT of any length on SQLite."""

    def __init__(self, *args: Any, length: int | None = None, **kwargs: Any) -> None:
        self.length = length
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> str | None:
        return None if value is None else text_in(value)

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "length": self.length}

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "text" if is_sqlite(connection) or self.length is None else f"varchar({self.length})"


@EngineTextField.register_lookup
class AmongTexts(Lookup[Any]):
    """Is one of many texts, which are one parameter: neither database takes any number of them."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        column, values = self.process_lhs(compiler, connection)
        test = "IN (SELECT value FROM json_each(%s))" if is_sqlite(connection) else "= ANY(%s)"
        texts = json.dumps(list(self.rhs)) if is_sqlite(connection) else list(self.rhs)
        return f"{column} {test}", (*values, texts)
