"""A cache that all processes share in Redis, and what each does for itself while Redis is away."""

import hmac
import logging
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.redis import RedisCache
from django.utils.module_loading import import_string
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

AWAY_SECONDS = 5.0
DIGEST = "sha256"
SEAL_BYTES = 32


@dataclass
class Outage:
    """Since a failure Redis isn't asked for a while: what hangs would hold every request of the process."""

    until: float = 0.0

    @property
    def is_on(self) -> bool:
        """Whether each process does without Redis now."""
        return monotonic() < self.until

    def begin(self, error: Exception) -> None:
        """Redis is away; a line for each time that it was asked in vain."""
        self.until = monotonic() + AWAY_SECONDS
        logger.warning("Redis doesn't answer, so each process counts and keeps for itself: %s", error)

    def end(self) -> None:
        """Redis has answered."""
        if self.until:
            self.until = 0.0
            logger.warning("Redis answers again: the processes count and keep together.")


_outages: dict[str, Outage] = {}


class SharedCache(RedisCache):
    """Django's for Redis; `beside` in its options is the configuration of the cache that stands in for it."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = dict(params["OPTIONS"])
        beside: Mapping[str, Any] = options.pop("beside")
        super().__init__(server, params | {"OPTIONS": options})
        self.beside: BaseCache = import_string(beside["BACKEND"])(beside["LOCATION"], dict(beside))
        self.outage = _outages.setdefault(server, Outage())

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self.either("get", key, default=default, version=version)

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self.either("set", key, value, timeout=timeout, version=version)

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self.either("add", key, value, timeout=timeout, version=version))

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        return int(self.either("incr", key, delta, version=version))

    def either(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """What Redis says, or while it is away the cache beside it."""
        if not self.outage.is_on:
            try:
                found = getattr(super(), method)(*args, **kwargs)
            except (RedisError, OSError) as error:
                self.outage.begin(error)
            else:
                self.outage.end()
                return found
        return getattr(self.beside, method)(*args, **kwargs)


class SealedPickle:
    """Writes numbers as they are, for INCR, and everything else with a signature.

    Reading a pickle runs code, and write access to Redis must not become a way to run code here.
    """

    def dumps(self, value: Any) -> bytes | int:
        """The bytes that Redis keeps."""
        if type(value) is int:
            return value
        text = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        return self.seal(text) + text

    def loads(self, data: bytes) -> Any:
        """The value; None, as if there were nothing, when it isn't ours or another version wrote it."""
        if data.isdigit():
            return int(data)
        seal, text = data[:SEAL_BYTES], data[SEAL_BYTES:]
        if not hmac.compare_digest(seal, self.seal(text)):
            return None
        try:
            return pickle.loads(text)  # noqa: S301 - signed with our key
        except (pickle.UnpicklingError, AttributeError, ImportError, TypeError, ValueError):
            return None

    def seal(self, text: bytes) -> bytes:
        """A signature that needs the console's key."""
        return hmac.digest(f"cache {settings.SECRET_KEY}".encode(), text, DIGEST)


def is_away() -> bool:
    """Whether there is a shared cache, and it doesn't answer."""
    shared = caches["figures"]
    shared.get("probe")
    return isinstance(shared, SharedCache) and shared.outage.is_on
