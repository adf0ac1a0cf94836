"""Rows of lists, told without asking each field the same questions for each row."""

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple
from urllib.parse import quote

from rest_framework import serializers


class Column(NamedTuple):
    """A key of a row, where its value comes from, and how it is told."""

    name: str
    read: Callable[[Any], Any]
    tell: Callable[[Any], Any]


class RowSerializer(serializers.Serializer[Any]):
    """Tells what its fields declare, as Django REST framework does, in a quarter of the time.

    A source is an attribute, or an attribute of one that may be None; never a method. No field asks for the
    context.
    """

    @classmethod
    @cache
    def columns(cls) -> list[Column]:
        """The fields, looked at once."""
        return [Column(name, reader(field), field.to_representation) for name, field in cls().fields.items()]

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return {
            name: None if (value := read(instance)) is None else tell(value)
            for name, read, tell in self.columns()
        }


def reader(field: Any) -> Callable[[Any], Any]:
    """How the field's value is read from a row."""
    if type(field).get_attribute is not serializers.Field.get_attribute:
        found: Callable[[Any], Any] = field.get_attribute
        return found
    match field.source_attrs:
        case []:
            return itself
        case [name]:
            return attrgetter(name)
        case [first, rest]:
            return lambda row: getattr(getattr(row, first), rest, None)
    raise TypeError(f"{field.source}: a source of more than two parts.")


def itself(row: Any) -> Any:
    """The row, for `source="*"`."""
    return row


def path_part(text: str) -> str:
    """The text as a part of an address; `quote` takes ten times as long for an id that needs nothing."""
    return text if text.isascii() and text.replace("-", "").isalnum() else quote(text, safe="")
