"""Figures kept for some seconds in the cache, for all readers of a process."""

from collections.abc import Callable
from hashlib import sha256
from threading import Lock
from typing import TypeVar
from weakref import WeakValueDictionary

from django.core.cache import cache

Figures = TypeVar("Figures")
# How long a reader waits for another that asks the same; a database that hangs must not make a queue of them.
PATIENCE = 2.0

_reading: WeakValueDictionary[str, Lock] = WeakValueDictionary()
_guard = Lock()


def kept(*name: object, read: Callable[[], Figures], seconds: int) -> Figures:
    """What was read under this name in the last seconds, else what is read now. None is never kept.

    Of many who ask at once one reads, and the others take what it found. Nobody may change it.
    """
    key = f"kept.{sha256(repr(name).encode('utf-8', 'backslashreplace')).hexdigest()}"
    found: Figures | None = cache.get(key)
    if found is not None:
        return found
    lock = lock_of(key)
    is_ours = lock.acquire(timeout=PATIENCE)
    try:
        found = cache.get(key)
        if found is None:
            found = read()
            cache.set(key, found, timeout=seconds)
        return found
    finally:
        if is_ours:
            lock.release()


def lock_of(key: str) -> Lock:
    """The lock of everybody who reads this just now."""
    with _guard:
        lock = _reading.get(key)
        if lock is None:
            lock = _reading[key] = Lock()
        return lock
