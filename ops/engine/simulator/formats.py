"""Ids, times and JSON as the engine writes them. Moments are nanoseconds since 1970, as its clock counts."""

import json
import time
from datetime import datetime
from functools import lru_cache
from random import Random
from typing import Any

from ops.engine.values import Timestamp

SECOND = 1_000_000_000
VERSION_7 = 7 << 76
VARIANT = 2 << 62
ENCODER = json.JSONEncoder(separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def new_id(at: int, random: Random) -> str:
    """A UUIDv7 of the moment; the bits after the milliseconds keep the order within one (RFC 9562, 6.2)."""
    milliseconds, rest = divmod(at, 1_000_000)
    fraction = (rest << 12) // 1_000_000
    number = milliseconds << 80 | VERSION_7 | fraction << 64 | VARIANT | random.getrandbits(62)
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def hex_id(random: Random) -> str:
    """The id of a step that the SDK saves on SQLite: 32 random digits, no UUID version."""
    return f"{random.getrandbits(128):032x}"


@lru_cache(maxsize=10_000)
def seconds_text(seconds: int) -> str:
    """`2026-02-22T19:32:57`."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def time_text(at: int) -> str:
    """RFC 3339 with 0, 3, 6 or 9 digits, as few as say everything."""
    seconds, rest = divmod(at, SECOND)
    if rest % 1000:
        return f"{seconds_text(seconds)}.{rest:09d}+00:00"
    if rest % 1_000_000:
        return f"{seconds_text(seconds)}.{rest // 1000:06d}+00:00"
    return (
        f"{seconds_text(seconds)}.{rest // 1_000_000:03d}+00:00" if rest else f"{seconds_text(seconds)}+00:00"
    )


def short_time_text(at: int) -> str:
    """`2026-02-22 19:32:57`: what SQLite's default leaves in a column that the engine doesn't set."""
    return seconds_text(at // SECOND).replace("T", " ")


def read_time_text(value: Any) -> str | None:
    """A column's time as the API answers it. The server reads a text without `T` as the present moment."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return Timestamp.text_of(value)
    return str(value) if "T" in str(value) else time_text(time.time_ns())


def json_text(value: Any) -> str:
    """Compact, keys sorted, text unescaped."""
    return ENCODER.encode(value)


def read_json(text: str | None) -> Any:
    """The value of a JSON column; null for SQL NULL and for text that is no JSON, as the server reads it."""
    try:
        return None if text is None else json.loads(text)
    except ValueError:
        return None
