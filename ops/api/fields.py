"""How the engine's values look in JSON: as its own API writes them."""

import json
import re
from datetime import datetime, timedelta
from typing import Any, NoReturn
from uuid import UUID

from django.db import connection
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ops.engine.values import Payload, Timestamp

MOMENT = {"type": "string", "format": "date-time", "nullable": True}
BARE_ID = re.compile(r"[0-9a-f]{32}")
# What is longer is looked at by the database: as Python objects it takes ten times its length.
PARSED = 100_000
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@extend_schema_field(MOMENT)
class MomentField(serializers.Field[Any, Any, str | None, Any]):
    """A moment in RFC 3339, with as many digits as the database keeps."""

    def to_representation(self, value: datetime) -> str | None:
        """The text as stored, unless it is in the other form that SQLite holds; null if it is no moment."""
        if not getattr(value, "known", True):
            return None
        text = Timestamp.text_of(value)
        is_ours = getattr(value, "text", None) is None
        return text if is_ours or RFC_3339.fullmatch(text) else value.isoformat()


@extend_schema_field({"type": "number", "format": "double", "nullable": True})
class SecondsField(serializers.Field[Any, Any, float | None, Any]):
    """A length of time in seconds; null where the row doesn't say."""

    def to_representation(self, value: timedelta) -> float:
        return value.total_seconds()


class EngineIdField(serializers.CharField):
    """An id in the one form that the engine answers, also where SQLite holds it without hyphens."""

    def to_representation(self, value: str) -> str:
        """32 hexadecimal digits get their hyphens."""
        return str(UUID(value)) if BARE_ID.fullmatch(value) else value


@extend_schema_field({})
class JSONField(serializers.Field[Any, Any, Any, Any]):
    """Any JSON value, passed on byte for byte."""

    def to_representation(self, value: Payload) -> Payload | str:
        """The JSON, or its text when it is none."""
        return value if is_json(value.text) else value.text


class PayloadField(JSONField):
    """A JSON value that not everybody may see."""

    def get_attribute(self, instance: Any) -> Any:
        """Not even read for a caller who may not see it."""
        return super().get_attribute(instance) if self.context["sees_payloads"] else None


class NamesField(serializers.ListField):
    """Names of keys, filled in by the serializer."""

    child = serializers.CharField()

    def get_attribute(self, instance: Any) -> list[str]:
        """The row knows nothing of them."""
        return []


class PayloadSerializer(serializers.Serializer[Any]):
    """Says of its payloads which were withheld, and which are no JSON and so are given as text."""

    redacted = NamesField(help_text="Withheld: null without events.view_payload.")
    unreadable = NamesField(help_text="Stored text that isn't JSON, given as a string.")

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """The keys of the row, and the two lists."""
        data = dict(super().to_representation(instance))
        payloads = [name for name, field in self.fields.items() if isinstance(field, PayloadField)]
        data["redacted"] = [] if self.context["sees_payloads"] else payloads
        data["unreadable"] = [name for name in payloads if isinstance(data[name], str)]
        return data


def is_json(text: str) -> bool:
    """Whether the text is JSON; PostgreSQL stores nothing else."""
    if connection.vendor == "postgresql":
        return True
    if len(text) > PARSED:
        return is_valid(text)
    try:
        json.loads(text, parse_constant=refuse)
    except RecursionError:
        return is_valid(text)
    except ValueError:
        return False
    return True


def is_valid(text: str) -> bool:
    """The same, asked of SQLite."""
    with connection.cursor() as cursor:
        return bool(cursor.execute("SELECT json_valid(%s)", [text]).fetchone()[0])


def refuse(name: str) -> NoReturn:
    """NaN and Infinity are no JSON (RFC 8259), though Python reads them."""
    raise ValueError(name)
