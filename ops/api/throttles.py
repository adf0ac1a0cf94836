"""How often a caller may ask, counted in each web process.

Visitors are counted in a cache of their own: a flood of them evicts neither the counters of people and tokens
nor the figures that pages keep, only the counters of visitors who have been away the longest.
"""

from typing import Any

from django.core.cache import caches
from django.utils.connection import ConnectionProxy
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from ops.access.callers import network_of


class CallerThrottle(SimpleRateThrottle):
    """Per token, else per person."""

    scope = "caller"
    cache: Any = ConnectionProxy(caches, "callers")

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """None for visitors: they have a throttle of their own."""
        if not request.user.is_authenticated:
            return None
        ident = f"user-{request.user.pk}" if request.auth is None else f"token-{request.auth.pk}"
        return self.cache_format % {"scope": self.scope, "ident": ident}


class VisitorThrottle(SimpleRateThrottle):
    """Per address, for callers who aren't signed in and have no usable token."""

    scope = "visitor"
    cache: Any = ConnectionProxy(caches, "visitors")

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """None for callers who are known."""
        if request.user.is_authenticated:
            return None
        return self.cache_format % {"scope": self.scope, "ident": network_of(request)}
