"""What several web processes share, with a real Redis between them."""

import json
from pathlib import Path

import pytest

from tests.processes.web import web
from tests.redis import needs_redis, redis_server

pytestmark = [pytest.mark.django_db(transaction=True), needs_redis]


def test_with_redis_as_broker_web_processes_count_a_caller_together_and_outlive_it(tmp_path: Path) -> None:
    with (
        redis_server(tmp_path) as redis,
        web(CONSOLE_BROKER_URL=redis.url) as first,
        web(CONSOLE_BROKER_URL=redis.url) as second,
    ):
        assert [server.ask("/api/runs").status for server in (first, second)] == [401, 401]
        counters: list[bytes] = redis.client.mget(redis.client.keys("console:*:visitors:*throttle*"))  # type: ignore[assignment]
        assert sum(map(int, counters)) == 2
        redis.hang()
        answers = [first.ask("/api/runs") for _ in range(5)]
        ready = first.ask("/readyz")
        redis.go_on()
    assert {answer.status for answer in answers} == {401}
    assert sum(answer.seconds for answer in answers) < 5
    assert (ready.status, json.loads(ready.text)["checks"]["cache"]) == (200, "unreachable")
