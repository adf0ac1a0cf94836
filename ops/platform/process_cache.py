"""A cache of one process that keeps the values themselves.

Django's own pickles: each reader of the figures of thousands of functions would pay for a copy of them what
it costs to measure them. What is kept here is shared by all threads, so nobody may change it.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import RLock
from time import monotonic
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache

SWEEP_SECONDS = 10


@dataclass
class Shelf:
    """What has one name is one cache, in whichever thread it is opened."""

    values: OrderedDict[str, tuple[float | None, Any]] = field(default_factory=OrderedDict)
    lock: RLock = field(default_factory=RLock)
    swept_at: float = 0.0

    def sweep(self, most: int) -> None:
        """Let go of what has expired, which nobody may ever ask for again, and of what is too much."""
        now = monotonic()
        if now >= self.swept_at + SWEEP_SECONDS:
            self.swept_at = now
            for key in [key for key, (expires, _) in self.values.items() if expires and expires <= now]:
                del self.values[key]
        while len(self.values) > most:
            self.values.popitem(last=False)


_shelves: dict[str, Shelf] = {}


class ProcessCache(BaseCache):
    """Values by key until they expire; the one used longest ago gives way when there are too many."""

    def __init__(self, name: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self.shelf = _shelves.setdefault(name, Shelf())

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """The value, the very object that was set."""
        key = self.make_and_validate_key(key, version=version)
        with self.shelf.lock:
            expires, value = self.shelf.values.get(key, (0.0, default))
            if expires is not None and expires <= monotonic():
                return default
            self.shelf.values.move_to_end(key)
            return value

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        key = self.make_and_validate_key(key, version=version)
        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        with self.shelf.lock:
            self.shelf.values[key] = (None if seconds is None else monotonic() + seconds, value)
            self.shelf.values.move_to_end(key)
            self.shelf.sweep(self._max_entries)

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Keep the value unless there is one."""
        with self.shelf.lock:
            if self.has_key(key, version=version):
                return False
            self.set(key, value, timeout=timeout, version=version)
            return True

    def delete(self, key: str, version: int | None = None) -> bool:
        with self.shelf.lock:
            return self.shelf.values.pop(self.make_and_validate_key(key, version=version), None) is not None

    def clear(self) -> None:
        with self.shelf.lock:
            self.shelf.values.clear()
