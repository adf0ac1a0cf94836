"""The values that the engine's columns hold, as immutable Python objects."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

SHAPE = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)[T ](?P<time>\d\d:\d\d:\d\d)"
    r"(?:\.(?P<fraction>\d{1,9}))?(?P<zone>Z|[+-]\d\d:?\d\d)?"
)


class Timestamp(datetime):
    """A moment in UTC that remembers the text it was read from, nanoseconds included."""

    text: str | None = None

    @classmethod
    def read(cls, value: Any) -> "Timestamp | None":
        """From a driver's datetime or the engine's text; None if the text is no time at all."""
        if isinstance(value, datetime):
            return cls.at(value)
        found = SHAPE.fullmatch(str(value).strip())
        if found is None:
            return None
        fraction = (found["fraction"] or "")[:6].ljust(6, "0")
        zone = (found["zone"] or "+00:00").replace("Z", "+00:00")
        try:
            moment = cls.at(datetime.fromisoformat(f"{found['date']}T{found['time']}.{fraction}{zone}"))
        except (ValueError, OverflowError):
            return None
        moment.text = str(value)
        return moment

    @classmethod
    def at(cls, moment: datetime) -> Self:
        """The same moment in UTC."""
        if moment.tzinfo is None:
            raise ValueError("A moment without a time zone.")
        utc = moment.astimezone(UTC)
        return cls(
            utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second, utc.microsecond, tzinfo=UTC
        )

    @staticmethod
    def text_of(moment: datetime) -> str:
        """What is written to a text column: as it was read, else with 0, 3 or 6 digits like the engine."""
        if isinstance(moment, Timestamp) and moment.text is not None:
            return moment.text
        utc = moment.astimezone(UTC)
        spec = (
            "seconds"
            if not utc.microsecond
            else "milliseconds"
            if utc.microsecond % 1000 == 0
            else "microseconds"
        )
        return utc.isoformat(timespec=spec)

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


@dataclass(frozen=True)
class Payload:
    """JSON as the text in the column; parsed only when somebody looks at it."""

    text: str

    @classmethod
    def of(cls, value: Any) -> Self:
        """As the engine writes it: compact, keys sorted, text unescaped."""
        return cls(json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False))

    @property
    def size(self) -> int:
        """Bytes of the text in UTF-8."""
        return len(self.text.encode("utf-8", "surrogatepass"))

    def value(self) -> Any:
        """The parsed value; ValueError if the text is not JSON or nested too deeply to parse."""
        try:
            return json.loads(self.text)
        except RecursionError as error:
            raise ValueError("Nested too deeply.") from error

    def __str__(self) -> str:
        return self.text
