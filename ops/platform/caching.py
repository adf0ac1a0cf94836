"""Figures kept for some seconds, for all readers of a process, and of all processes that share a cache."""

from collections.abc import Callable
from hashlib import sha256
from threading import Lock
from time import time
from typing import TypeVar
from weakref import WeakValueDictionary

from django.core.cache import cache, caches

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
        if found is not None:
            return found
        read_now, left = of_all_processes(key, read, seconds)
        cache.set(key, read_now, timeout=left)
        return read_now
    finally:
        if is_ours:
            lock.release()


def of_all_processes(key: str, read: Callable[[], Figures], seconds: float) -> tuple[Figures, float]:
    """What some process read in the last seconds, else what is read now; and for how long it may be kept.

    Each process keeps it unpickled, so that a copy is paid for once in that time and not by each reader.
    """
    read_at, found = caches["figures"].get(key) or (0.0, None)
    left = read_at + seconds - time()
    if found is not None and 0 < left <= seconds:
        return found, left
    found = read()
    caches["figures"].set(key, (time(), found), timeout=seconds)
    return found, seconds


def lock_of(key: str) -> Lock:
    """The lock of everybody who reads this just now."""
    with _guard:
        lock = _reading.get(key)
        if lock is None:
            lock = _reading[key] = Lock()
        return lock
