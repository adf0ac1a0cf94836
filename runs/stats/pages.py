"""What a page about a span of time shows: its figures, or what stands in their place."""

from collections.abc import Callable
from typing import Any

from django.db import DatabaseError

from ops.platform.database_errors import advice
from ops.platform.errors import InvalidInput
from runs.stats.time_ranges import RANGES, Span, SpanFilter, in_words


def shown(asked: SpanFilter, figures: Callable[[Span], dict[str, Any]]) -> tuple[dict[str, Any], int]:
    """The context and the status; 400 with faults, 503 with a trouble that passes."""
    context = {"ranges": [(name, in_words(name)) for name in RANGES], "form": asked.form}
    try:
        span = asked.span()
        return context | {"span": span} | figures(span), 200
    except InvalidInput as error:
        return context | {"faults": error.fields}, 400
    except DatabaseError as error:
        if (text := advice(error)) is None:
            raise
        return context | {"trouble": text}, 503
