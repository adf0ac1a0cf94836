"""How often a caller may ask, counted by all web processes together where they share a cache.

Visitors are counted in a cache of their own: a flood of them evicts neither the counters of people and tokens
nor the figures that pages keep, only the counters of visitors who have been away the longest.
"""

from typing import Any

from django.core.cache import caches
from django.utils.connection import ConnectionProxy
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from ops.access.callers import network_of


class CountingThrottle(SimpleRateThrottle):
    """One counter for each period.

    DRF's own list of moments is read, and written back longer by one: requests that come at the same time, in
    several threads or processes, write over each other and aren't counted.
    """

    cache: Any
    num_requests: int
    duration: int

    def allow_request(self, request: Request, view: Any) -> bool:
        """Whether this is one of the first requests of the period."""
        key = self.get_cache_key(request, view)
        if key is None:
            return True
        self.now = self.timer()
        return self.count(f"{key}_{self.now // self.duration:.0f}") <= self.num_requests

    def count(self, key: str) -> int:
        """The request's number in its period."""
        self.cache.add(key, 0, timeout=2 * self.duration)
        return int(self.cache.incr(key))

    def wait(self) -> float:
        """Seconds until the next period."""
        return float(self.duration - self.now % self.duration)


class CallerThrottle(CountingThrottle):
    """Per token, else per person."""

    scope = "caller"
    cache = ConnectionProxy(caches, "callers")

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """None for visitors: they have a throttle of their own."""
        if not request.user.is_authenticated:
            return None
        ident = f"user-{request.user.pk}" if request.auth is None else f"token-{request.auth.pk}"
        return self.cache_format % {"scope": self.scope, "ident": ident}


class VisitorThrottle(CountingThrottle):
    """Per address, for callers who aren't signed in and have no usable token."""

    scope = "visitor"
    cache = ConnectionProxy(caches, "visitors")

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """None for callers who are known."""
        if request.user.is_authenticated:
            return None
        return self.cache_format % {"scope": self.scope, "ident": network_of(request)}
