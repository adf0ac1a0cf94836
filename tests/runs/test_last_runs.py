"""When each function ran last, with and without our indexes."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from runs.stats import last_runs as module
from runs.stats.last_runs import last_runs
from tests.factories import make_run
from tests.wild import NAMES

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db


@pytest.fixture(params=["by id", "by time"])
def order(request: pytest.FixtureRequest) -> str:
    cache.clear()
    cache.set("runs.orders_by_id", request.param == "by id")
    return str(request.param)


def test_the_newest_run_of_each_function_is_found(order: str) -> None:
    now = timezone.now()
    for name in ("a", "b"):
        for hours in (3, 1, 2):
            make_run(name, created_at=now - hours * HOUR)
    assert last_runs(["a", "b", "none"]) == {"a": now - HOUR, "b": now - HOUR}


def test_any_name_can_be_asked_for(order: str) -> None:
    for name in NAMES:
        make_run(name)
    assert set(last_runs(list(NAMES))) == set(NAMES)
    with CaptureQueriesContext(connection) as queries:
        last_runs(list(NAMES))
    assert len(queries) <= 1


def test_without_indexes_only_the_newest_runs_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    cache.set("runs.orders_by_id", value=False)
    monkeypatch.setattr(module, "BUDGET", {"postgresql": 2, "sqlite": 2})
    now = timezone.now()
    for hours, name in ((3, "old"), (2, "a"), (1, "a")):
        make_run(name, created_at=now - hours * HOUR)
    assert set(last_runs(["old", "a"])) == {"a"}
