"""Throttling of visitors: by the address that is known, and in a cache of its own."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import cache

from ops.api.throttles import CallerThrottle, CountingThrottle, VisitorThrottle
from ops.platform.caching import kept
from tests.api.conftest import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def two_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(VisitorThrottle, "rate", "2/min", raising=False)
    monkeypatch.setattr(CountingThrottle, "timer", lambda _: 30.0)  # no minute ends within a test


def statuses(visitor: Caller, addresses: list[str], forwarded: str = "{}") -> list[int]:
    """What a visitor is answered from each address, or behind the proxy that says so."""
    found = []
    for address in addresses:
        from_there: Any = {"REMOTE_ADDR": address} if forwarded == "" else {}
        headers = {"X-Forwarded-For": forwarded.format(address)} if forwarded else {}
        found.append(visitor.client.get("/api/runs", headers=headers, **from_there).status_code)
    return found


def test_an_invented_forwarded_address_escapes_no_throttle(visitor: Caller) -> None:
    assert statuses(visitor, ["203.0.113.1", "203.0.113.2", "203.0.113.3"]) == [401, 401, 429]


def test_behind_a_proxy_each_address_that_it_tells_counts_for_itself(visitor: Caller, settings: Any) -> None:
    settings.PROXIES = 1
    addresses = ["192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.1"]
    assert statuses(visitor, addresses, "203.0.113.9, {}") == [401, 401, 401, 429]


@pytest.mark.parametrize("said", ["unknown", "", "x" * 300, "192.0.2.1:4711", "\x00"])
def test_a_proxy_that_tells_no_address_leaves_that_of_the_connection(
    visitor: Caller, settings: Any, said: str
) -> None:
    settings.PROXIES = 1
    assert statuses(visitor, [said] * 3) == [401, 401, 429]


def test_the_addresses_of_one_ipv6_network_count_together(visitor: Caller) -> None:
    network = [f"2001:db8::{host:x}" for host in range(1, 4)]
    assert statuses(visitor, network, "") == [401, 401, 429]
    assert statuses(visitor, ["2001:db8:0:1::1"], "") == [401]


def test_a_flood_of_visitors_evicts_neither_figures_nor_other_counters(
    visitor: Caller, as_viewer: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CallerThrottle, "rate", "2/min", raising=False)
    monkeypatch.setattr(VisitorThrottle, "rate", "2000/min", raising=False)
    assert kept("figure", read=lambda: 1, seconds=60) == 1
    as_viewer.get("/api/runs")
    statuses(visitor, [f"10.0.{number // 250}.{number % 250}" for number in range(700)], "")
    assert kept("figure", read=lambda: 2, seconds=60) == 1
    as_viewer.get("/api/runs")
    as_viewer.client.get("/api/runs")
    assert as_viewer.client.get("/api/runs").status_code == 429
    assert len(cache.shelf.values) < 100  # type: ignore[attr-defined]


def test_requests_that_come_at_the_same_time_are_all_counted() -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: VisitorThrottle().count("visitor"), range(400)))
    assert sorted(found) == list(range(1, 401))


def test_who_has_asked_too_often_is_told_when_the_next_minute_begins(
    visitor: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    statuses(visitor, ["203.0.113.1"] * 2)
    assert visitor.client.get("/api/runs").headers["Retry-After"] == "31"  # rounded up
    monkeypatch.setattr(CountingThrottle, "timer", lambda _: 60.0)
    assert visitor.client.get("/api/runs").status_code == 401
