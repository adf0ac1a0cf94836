"""Django's CACHES: what each process keeps for itself, and what all of them share when there is a Redis."""

from hashlib import sha256
from typing import Any

from redis.backoff import NoBackoff
from redis.retry import Retry

# A Redis that takes everything and says nothing must not hold a page for longer than twice this.
SECONDS = 0.5
IN_MEMORY = "memory"
SCHEMES = ("redis", "rediss", "unix", IN_MEMORY)

# What one kind of caller can fill never evicts what belongs to another.
OWN: dict[str, dict[str, Any]] = {
    # The values themselves, unpickled.
    "default": {
        "BACKEND": "ops.platform.process_cache.ProcessCache",
        "LOCATION": "default",
        "OPTIONS": {"MAX_ENTRIES": 2_000},
    },
    "callers": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "callers",
        "OPTIONS": {"MAX_ENTRIES": 1_000},
    },
    "visitors": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "visitors",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    },
    # Alone, a process needs no second place for what `default` keeps.
    "figures": {"BACKEND": "django.core.cache.backends.dummy.DummyCache", "LOCATION": "figures"},
}
SHARED = ("callers", "visitors", "figures")


def caches_at(url: str, *, owner: str) -> dict[str, dict[str, Any]]:
    """The caches with Redis at that address; `owner` keeps apart the consoles that use the same Redis."""
    if url.partition("://")[0] == IN_MEMORY:
        return OWN
    return OWN | {name: shared(url, name, owner) for name in SHARED}


def shared(url: str, name: str, owner: str) -> dict[str, Any]:
    """One of them in Redis."""
    return {
        "BACKEND": "ops.platform.shared_cache.SharedCache",
        "LOCATION": url,
        "KEY_PREFIX": f"console:{sha256(owner.encode()).hexdigest()[:16]}:{name}",
        "OPTIONS": {
            "beside": OWN[name],
            "serializer": "ops.platform.shared_cache.SealedPickle",
            "socket_timeout": SECONDS,
            "socket_connect_timeout": SECONDS,
            "retry": Retry(NoBackoff(), 1),  # after a restart the first command of a connection fails
        },
    }
