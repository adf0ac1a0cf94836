"""JSON bodies; what no database and no answer could hold is an error that names its place."""

import json
from collections.abc import Iterator, Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import JSONParser as PlainJSONParser

from ops.engine.values import ESCAPED_SURROGATE, SURROGATE, finite, storable

HALF = "It holds half a surrogate pair, which is no character."


class JSONParser(PlainJSONParser):
    """JSON (RFC 8259) in UTF-8, without NaN, numbers beyond all floats and lone surrogates."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The value; ParseError or ValidationError."""
        try:
            text = stream.read().decode("utf-8")
            value = json.loads(text, parse_float=finite, parse_constant=finite)
        except RecursionError:
            raise ParseError("JSON parse error - Nested too deeply.") from None
        except ValueError as error:
            raise ParseError(f"JSON parse error - {error}") from None
        if ESCAPED_SURROGATE.search(text) and (places := sorted(set(halves(value)))):
            raise ValidationError(dict.fromkeys(places, HALF))
        return value


def halves(value: Any) -> Iterator[str]:
    """Where lone surrogates are, as dotted names; one in a key is told of what holds the key."""
    rest: list[tuple[str, Any]] = [("", value)]
    while rest:
        name, part = rest.pop()
        if isinstance(part, str) and SURROGATE.search(part):
            yield storable(name) or "body"
        elif isinstance(part, dict):
            if any(SURROGATE.search(key) for key in part):
                yield storable(name) or "body"
            rest += [(f"{name}.{key}" if name else key, one) for key, one in part.items()]
        elif isinstance(part, list):
            rest += [(f"{name}.{number}" if name else str(number), one) for number, one in enumerate(part)]
