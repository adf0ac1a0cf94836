"""The cache of a process: Django's contract, with the values themselves."""

from time import sleep
from typing import Any

import pytest

from ops.platform.process_cache import ProcessCache


@pytest.fixture
def cache() -> ProcessCache:
    found = ProcessCache("a test's", {"OPTIONS": {"MAX_ENTRIES": 3}})
    found.clear()
    return found


def test_a_value_is_given_back_as_the_object_that_was_kept(cache: ProcessCache) -> None:
    value: dict[str, Any] = {"runs": 3}
    cache.set("figures", value)
    assert cache.get("figures") is value
    assert cache.get_or_set("figures", dict) is value
    assert cache.get("another", "nothing") == "nothing"


def test_a_value_expires_and_is_let_go(cache: ProcessCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.platform.process_cache.SWEEP_SECONDS", 0)
    cache.set("short", 1, timeout=0.01)
    cache.set("never", 2, timeout=None)
    cache.set("at-once", 3, timeout=0)
    sleep(0.02)
    assert cache.get("short") is None
    assert cache.get("at-once") is None
    cache.set("other", 4)
    assert list(cache.shelf.values) == [cache.make_key("never"), cache.make_key("other")]


def test_what_was_used_longest_ago_gives_way(cache: ProcessCache) -> None:
    for name in ("a", "b", "c"):
        cache.set(name, name)
    cache.get("a")
    cache.set("d", "d")
    assert [name for name in "abcd" if cache.get(name)] == ["a", "c", "d"]


def test_adding_counting_touching_and_deleting_follow_django(cache: ProcessCache) -> None:
    assert cache.add("tries", 1, timeout=60)
    assert not cache.add("tries", 9)
    assert cache.incr("tries") == 2
    assert cache.delete("tries")
    assert not cache.delete("tries")
    assert cache.get_many(["tries", "none"]) == {}


def test_two_of_one_name_are_one(cache: ProcessCache) -> None:
    cache.set("a", 1)
    assert ProcessCache("a test's", {}).get("a") == 1
    assert ProcessCache("another's", {}).get("a") is None
