"""Figures kept for some seconds in the cache, which all processes of a server may share."""

from collections.abc import Callable
from hashlib import sha256
from typing import TypeVar

from django.core.cache import cache

Figures = TypeVar("Figures")


def kept(*name: object, read: Callable[[], Figures], seconds: int) -> Figures:
    """What was read under this name in the last seconds, else what is read now. None is never kept."""
    key = f"kept.{sha256(repr(name).encode('utf-8', 'backslashreplace')).hexdigest()}"
    found: Figures | None = cache.get(key)
    if found is None:
        found = read()
        cache.set(key, found, timeout=seconds)
    return found
