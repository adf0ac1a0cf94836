"""The engine's own lists."""

import pytest

from tests.engine.contract.client import Engine, function, leased, queued

COPIES = {
    "sqlite": """
    INSERT INTO events (id, name, timestamp) SELECT lower(hex(randomblob(16))), 'copied', a.timestamp
    FROM events a, events b, events c, events d
    """,
    "postgresql": """
    INSERT INTO events (id, name) SELECT gen_random_uuid(), 'copied' FROM generate_series(1, 600)
    """,
}


def test_runs_are_listed_newest_first(engine: Engine) -> None:
    engine.register(function("charge-card"))
    ids = [engine.send("order.placed", {"n": n})["run_ids"][0] for n in range(5)]
    assert [run["id"] for run in engine.runs()] == ids[::-1]
    assert [run["id"] for run in engine.runs(limit=2, offset=1)] == ids[3:1:-1]


def test_runs_are_filtered_by_status_function_and_event(engine: Engine) -> None:
    done = leased(engine, function_id="send-mail")
    engine.complete(done, {})
    waiting = queued(engine, "charge-card")
    assert [run["id"] for run in engine.runs(status="completed")] == [done]
    assert [run["id"] for run in engine.runs(function_id="charge-card")] == [waiting]
    event_id = engine.get_run(done)["event_id"]
    assert [run["id"] for run in engine.runs(event_id=event_id)] == [done]
    assert engine.runs(status="completed", function_id="charge-card") == []


def test_an_unknown_status_finds_nothing(engine: Engine) -> None:
    queued(engine)
    assert engine.runs(status="held") == []


@pytest.mark.parametrize("limit", [0, -5])
def test_a_limit_below_one_is_one(engine: Engine, limit: int) -> None:
    engine.register(function("charge-card"))
    for n in range(3):
        engine.send("order.placed", {"n": n})
    assert len(engine.runs(limit=limit)) == len(engine.events(limit=limit)) == 1


def test_a_limit_above_five_hundred_is_five_hundred(engine: Engine) -> None:
    for n in range(6):
        engine.send("order.placed", {"n": n})
    engine.write(COPIES[engine.vendor])
    assert len(engine.events(limit=10_000)) == 500


def test_events_are_listed_newest_first_and_filtered_by_name(engine: Engine) -> None:
    ids = [engine.send(name, {})["event_id"] for name in ("a", "b", "a")]
    assert [event["id"] for event in engine.events()] == ids[::-1]
    assert [event["id"] for event in engine.events(name="a")] == [ids[2], ids[0]]
    assert engine.events(name="A") == []
    assert [event["id"] for event in engine.events(limit=1, offset=2)] == ids[:1]
