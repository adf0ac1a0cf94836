"""How often a caller may ask, counted in each web process."""

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle


class CallerThrottle(SimpleRateThrottle):
    """Per token, else per person."""

    scope = "caller"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """None for visitors: they have a throttle of their own."""
        if not request.user.is_authenticated:
            return None
        ident = f"user-{request.user.pk}" if request.auth is None else f"token-{request.auth.pk}"
        return self.cache_format % {"scope": self.scope, "ident": ident}


class VisitorThrottle(SimpleRateThrottle):
    """Per address, for whoever isn't signed in or has no usable token."""

    scope = "visitor"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """None for callers who are known."""
        if request.user.is_authenticated:
            return None
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}
