"""The engine's ids: UUIDv7, whose first 48 bits are the milliseconds of their creation (RFC 9562)."""

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import Q

# As lists show an id: its first eight digits and its last four.
SHORT = re.compile(r"([0-9a-f]{8})-?\s*(?:…|\.\.\.)\s*-?([0-9a-f]{4})")
HEX = re.compile(r"[0-9a-f]{4,32}")
USUAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
FULL = 32
# Ids and created_at are taken a moment apart, and clocks of several servers differ.
SLACK = timedelta(minutes=1)

# Index console_runs_foreign_id. Without the order PostgreSQL, which takes nearly every row for a match, would
# read the whole table to find none; EXISTS drops the order.
FOREIGN_POSTGRESQL = """
SELECT count(*) FROM (
    SELECT id FROM function_runs WHERE substr(id::text, 15, 1) <> '7' ORDER BY created_at, id LIMIT 1
) AS found
"""
FOREIGN_SQLITE = """
SELECT count(*) FROM (
    SELECT id FROM function_runs WHERE substr(id, 15, 1) <> '7' ORDER BY created_at, id LIMIT 1
) AS found
"""


# Many ids as one parameter, a JSON array: a thousand of them cost too long to bind one by one.
MANY = {
    "postgresql": "SELECT CAST(value AS uuid) FROM jsonb_array_elements_text(%s)",
    "sqlite": "SELECT value FROM json_each(%s)",
}


def has_foreign_ids() -> bool:
    """Whether any run's id is no UUIDv7; cheap only with the index console_runs_foreign_id."""
    with connection.cursor() as cursor:
        cursor.execute(FOREIGN_POSTGRESQL if connection.vendor == "postgresql" else FOREIGN_SQLITE)
        return bool(cursor.fetchone()[0])


def first_id_at(moment: datetime) -> str:
    """The lowest id that could have been made at the moment."""
    milliseconds = max(0, int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000))
    return str(uuid.UUID(int=min(milliseconds, (1 << 48) - 1) << 80))


def as_hex(text: str) -> str | None:
    """The hexadecimal digits of an id or id prefix as typed or pasted; None if it is neither."""
    digits = text.strip().lower().replace("-", "")
    return digits if HEX.fullmatch(digits) else None


def prefix_range(digits: str) -> tuple[str, str]:
    """Lowest and highest id that begin with the digits."""
    return str(uuid.UUID(digits.ljust(FULL, "0"))), str(uuid.UUID(digits.ljust(FULL, "f")))


@dataclass(frozen=True)
class Sought:
    """Ids from the lowest to the highest that a text can mean, and what they end with."""

    low: str
    high: str
    end: str = ""

    def on(self, column: str) -> Q:
        """The condition on a column of ids. The range is what an index serves; the end is looked at in it."""
        within = Q(**{f"{column}__gte": self.low, f"{column}__lte": self.high})
        return within & Q(**{f"{column}__endswith": self.end}) if self.end else within


def sought(text: str) -> Sought | None:
    """The ids meant by an id, its beginning or its short form, as typed or pasted; None if it is neither."""
    if digits := as_hex(text):
        return Sought(*prefix_range(digits))
    short = SHORT.fullmatch(text.strip().lower())
    return Sought(*prefix_range(short[1]), end=short[2]) if short else None


def stored_form(text: str) -> str | None:
    """The id as the database would hold it; None if the database can't hold it at all.

    PostgreSQL holds UUIDs, however they are spelt; SQLite holds text, and another spelling is another id.
    """
    if USUAL.fullmatch(text) or connection.vendor != "postgresql":
        return text
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return None


def stored_forms(ids: Iterable[str]) -> dict[str, str]:
    """Each id that the database can hold → the form in which it holds it."""
    return {pk: form for pk in ids if (form := stored_form(pk)) is not None}


def spellings(text: str) -> list[str]:
    """The forms in which the database may hold the id that was typed; empty if it can't hold any of them."""
    digits = as_hex(text)
    usual = [str(uuid.UUID(digits))] if digits and len(digits) == FULL else []
    if connection.vendor == "postgresql":
        return usual
    return list(dict.fromkeys([*usual, text.strip()]))
