"""What processes share in Redis, and what becomes of it while Redis is away."""

import logging
import pickle
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import caches

from console.cache_settings import caches_at
from ops.api.throttles import VisitorThrottle
from ops.platform import shared_cache
from ops.platform.caching import kept
from ops.platform.shared_cache import is_away
from tests.redis import Server, needs_redis, redis_server

pytestmark = needs_redis


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(autouse=True)
def shared(server: Server, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    server.client.flushall()
    monkeypatch.setattr(shared_cache, "_outages", {})
    settings.CACHES = caches_at(server.url, owner="this console")
    as_another_process()


def as_another_process() -> None:
    """Forget what this process keeps for itself."""
    caches["default"].clear()


def test_figures_that_one_process_read_are_those_of_all() -> None:
    moment = time.time()
    assert kept("a figure", moment, read=lambda: [1], seconds=60) == [1]
    as_another_process()
    assert kept("a figure", moment, read=lambda: [2], seconds=60) == [1]


def test_figures_grow_no_older_by_passing_from_process_to_process() -> None:
    kept("a figure", read=lambda: [1], seconds=2)
    time.sleep(1.2)
    as_another_process()
    assert kept("a figure", read=lambda: [2], seconds=2) == [1]
    time.sleep(1.0)
    assert kept("a figure", read=lambda: [3], seconds=2) == [3]


def test_a_reader_of_the_same_process_gets_the_very_object() -> None:
    first = kept("a figure", read=lambda: [1], seconds=60)
    assert kept("a figure", read=lambda: [2], seconds=60) is first


def test_consoles_that_use_the_same_redis_see_nothing_of_each_other(server: Server, settings: Any) -> None:
    kept("a figure", read=lambda: "production", seconds=60)
    caches["callers"].set("counter", 7)
    settings.CACHES = caches_at(server.url, owner="another console")
    as_another_process()
    assert kept("a figure", read=lambda: "staging", seconds=60) == "staging"
    assert caches["callers"].get("counter") is None


def test_what_others_wrote_to_redis_is_never_unpickled(server: Server) -> None:
    caches["figures"].set("x", {"figure": 1})
    (key,) = server.client.keys()
    server.client.set(key, pickle.dumps({"figure": 2}))
    assert caches["figures"].get("x") is None
    server.client.set(key, b"x" * 32 + pickle.dumps({"figure": 2}))
    assert caches["figures"].get("x") is None


def test_requests_at_the_same_moment_are_all_counted() -> None:
    throttle = VisitorThrottle()
    assert [throttle.count("visitor") for _ in range(3)] == [1, 2, 3]
    assert caches["visitors"].get("visitor") == 3


def test_while_redis_is_away_the_process_counts_on_and_says_so(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    throttle = VisitorThrottle()
    throttle.count("visitor")
    server.die()
    try:
        with caplog.at_level(logging.WARNING):
            assert [throttle.count("visitor") for _ in range(3)] == [1, 2, 3]
            assert kept("a figure", read=lambda: 5, seconds=60) == 5
        assert is_away()
        assert caplog.text.count("Redis doesn't answer") == 1
    finally:
        server.start()


def test_a_redis_that_hangs_costs_a_process_seconds_and_not_each_request(server: Server) -> None:
    server.hang()
    try:
        begun = time.monotonic()
        for number in range(50):
            VisitorThrottle().count(f"visitor-{number}")
            kept("a figure", number, read=lambda: 1, seconds=60)
        assert time.monotonic() - begun < 3
    finally:
        server.go_on()


def test_a_redis_that_was_restarted_is_used_again_at_once(server: Server) -> None:
    caches["callers"].set("counter", 1)
    server.die()
    server.start()
    caches["callers"].set("counter", 2)
    assert server.client.keys("*counter")
    assert not is_away()


def test_a_redis_that_comes_back_is_used_after_some_seconds(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(shared_cache, "AWAY_SECONDS", 0.2)
    server.die()
    try:
        caches["callers"].set("counter", 1)
        assert is_away()
    finally:
        server.start()
    time.sleep(0.2)
    caches["callers"].set("counter", 2)
    assert server.client.keys("*counter")
    assert "Redis answers again" in caplog.text
