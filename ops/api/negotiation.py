"""JSON, or for people a page; what else is asked for by `format` is an error at that parameter."""

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer

from ops.platform.errors import InvalidInput


class Negotiation(DefaultContentNegotiation):
    """By `Accept`, or by `?format=`."""

    def filter_renderers(self, renderers: Iterable[BaseRenderer], format: Any) -> list[BaseRenderer]:  # noqa: A002 - the base class's name
        """The renderers of that format; InvalidInput if there is none."""
        offered = list(renderers)
        found = [renderer for renderer in offered if renderer.format == format]
        if not found:
            formats = ", ".join(sorted({str(renderer.format) for renderer in offered}))
            raise InvalidInput({"format": f"No such format. Available: {formats}."})
        return found
