"""The values that the engine's columns hold, as immutable Python objects."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Any, Self

SHAPE = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)[T ](?P<time>\d\d:\d\d:\d\d)"
    r"(?:\.(?P<fraction>\d{1,9}))?(?P<zone>Z|[+-]\d\d(?::?\d\d)?)?"
)

FAR = re.compile(r"infinity|9999-|[1-9]\d{4,}-")
EARLIEST = datetime(2, 1, 1, tzinfo=UTC)
LATEST = datetime(9998, 12, 31, tzinfo=UTC)
SURROGATE = re.compile("[\ud800-\udfff]")
ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class Timestamp(datetime):
    """A moment in UTC that remembers the text it was read from, nanoseconds included.

    What Python can't convert to every zone (infinity, far years) or can't read at all stands at the nearest
    moment of the years 2 to 9998 with `known` False; `text` is then what to show.
    """

    text: str | None = None
    known = True
    textual = False

    @classmethod
    def read(cls, value: Any) -> Self:
        """From a driver's datetime or the engine's text."""
        if isinstance(value, cls):
            return value
        if isinstance(value, datetime):
            return cls.at(value)
        moment = cls.parse(str(value)) or cls.beyond(str(value))
        moment.text, moment.textual = str(value), True
        return moment

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The moment that the text names; None if it names none that Python can hold."""
        found = SHAPE.fullmatch(text.strip())
        if found is None:
            return None
        fraction = (found["fraction"] or "")[:6].ljust(6, "0")
        zone = (found["zone"] or "+00:00").replace("Z", "+00:00")
        try:
            return cls.at(datetime.fromisoformat(f"{found['date']}T{found['time']}.{fraction}{zone}"))
        except (ValueError, OverflowError):
            return None

    @classmethod
    def at(cls, moment: datetime) -> Self:
        """The same moment in UTC; one outside the years 2 to 9998 is not `known`."""
        if moment.tzinfo is None:
            raise ValueError("A moment without a time zone.")
        if not EARLIEST.year <= moment.year <= LATEST.year:
            return cls.beyond(moment.isoformat(), late=moment.year > LATEST.year)
        return cls.copy(moment.astimezone(UTC))

    @classmethod
    def beyond(cls, text: str, *, late: bool | None = None) -> Self:
        """What the column holds where Python has no moment for it."""
        after = bool(FAR.match(text)) if late is None else late
        moment = cls.copy(LATEST if after else EARLIEST)
        moment.text, moment.known = text, False
        return moment

    @classmethod
    def copy(cls, utc: datetime) -> Self:
        """The same value of this class."""
        clock = (utc.hour, utc.minute, utc.second, utc.microsecond)
        return cls(utc.year, utc.month, utc.day, *clock, UTC)

    @staticmethod
    def is_before(stored: datetime, moment: datetime) -> bool:
        """Whether the column is less than the moment, as its database compares: text by text on SQLite."""
        if isinstance(stored, Timestamp) and stored.textual and stored.text is not None:
            return stored.text < Timestamp.key_of(moment)
        return stored < moment

    @staticmethod
    def text_of(moment: datetime) -> str:
        """What is written to a text column: as it was read, else with 0, 3 or 6 digits like the engine."""
        if isinstance(moment, Timestamp) and moment.text is not None:
            return moment.text
        utc = moment.astimezone(UTC)
        return utc.isoformat(timespec=digits_of(utc.microsecond))

    @staticmethod
    def key_of(moment: datetime) -> str:
        """What a text column is compared with: as it was read, else the shortest spelling.

        The shortest sorts before every longer spelling of the same moment, so `>=` and `<` are exact.
        """
        text = Timestamp.text_of(moment)
        if isinstance(moment, Timestamp) and moment.text is not None:
            return text
        head, zone = text[:-6], text[-6:]
        return (head.rstrip("0") if "." in head else head) + zone

    def __reduce_ex__(self, protocol: Any) -> Any:
        return (Timestamp.read, (self.text or self.isoformat(),))


def digits_of(microsecond: int) -> str:
    """How precisely the engine would spell it."""
    if not microsecond:
        return "seconds"
    return "microseconds" if microsecond % 1000 else "milliseconds"


@dataclass(frozen=True)
class Payload:
    """JSON as the text in the column; parsed only when somebody looks at it."""

    text: str

    @classmethod
    def of(cls, value: Any) -> Self:
        """As the engine writes it: compact, keys sorted, text unescaped. ValueError for NaN and infinity."""
        text = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False, allow_nan=False)
        # Half a character can't be encoded; its escape can.
        return cls(SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", text))

    @property
    def size(self) -> int:
        """Bytes of the text in UTF-8."""
        return len(self.text.encode("utf-8", "surrogatepass"))

    def value(self) -> Any:
        """The parsed value, fit to be shown: half characters are replaced.

        ValueError if the text is not JSON, nested too deeply to parse or a number beyond all floats.
        """
        try:
            value = json.loads(self.text, parse_float=finite, parse_constant=finite)
            if ESCAPED_SURROGATE.search(self.text):
                value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
        except RecursionError as error:
            raise ValueError("Nested too deeply.") from error
        return value

    def __str__(self) -> str:
        return self.text


def finite(text: str) -> float:
    """The number; ValueError for NaN and what is beyond all floats, which no JSON can say again."""
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"{text[:20]} is no JSON number.")
    return number


def storable(text: str) -> str:
    """The text as both databases can keep it: without NUL and half characters."""
    if text.isascii() and "\x00" not in text:
        return text
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
