"""How the values lie in the columns: what the console writes has to look the same."""

import re

import pytest

from tests.engine.contract.client import Engine, function, leased, one, queued

UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.(\d{3}|\d{6}|\d{9}))?\+00:00")
SHORT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


def milliseconds(engine_id: object) -> int:
    return int(str(engine_id).replace("-", "")[:12], 16)


def test_ids_are_uuids_of_version_7_in_the_order_of_creation(engine: Engine) -> None:
    engine.register(function("charge-card"))
    sent = [engine.send("order.placed", {"n": n}) for n in range(20)]
    ids = [str(one_sent["run_ids"][0]) for one_sent in sent]
    assert all(UUID7.fullmatch(one_id) for one_id in ids)
    assert all(UUID7.fullmatch(str(one_sent["event_id"])) for one_sent in sent)
    assert ids == sorted(ids)


def test_an_id_holds_the_moment_of_creation(engine: Engine) -> None:
    run_id = queued(engine)
    if engine.vendor == "sqlite":
        question = "SELECT (julianday(created_at) - 2440587.5) * 86400000 FROM function_runs"
    else:
        question = "SELECT extract(epoch FROM created_at) * 1000 FROM function_runs"
    ((created,),) = engine.look(question)
    assert abs(float(created) - milliseconds(run_id)) <= 2


@pytest.mark.sqlite
def test_times_are_rfc_3339_with_an_offset(engine: Engine) -> None:
    run_id = leased(engine)
    engine.complete(run_id, {})
    for value in one(engine, "created_at, started_at, ended_at", run_id):
        assert RFC3339.fullmatch(value), value
    ((timestamp,),) = engine.look("SELECT timestamp FROM events")
    assert RFC3339.fullmatch(timestamp)
    for values in engine.look("SELECT created_at, updated_at FROM functions"):
        assert all(RFC3339.fullmatch(value) for value in values)


@pytest.mark.sqlite
def test_created_at_of_events_and_saved_steps_is_the_databases_own_short_form(engine: Engine) -> None:
    run_id = leased(engine)
    engine.save_step(run_id, "charge", {})
    for table in ("events", "step_runs"):
        ((created,),) = engine.look(f"SELECT created_at FROM {table}")  # noqa: S608 - a constant
        assert SHORT.fullmatch(created), table


@pytest.mark.sqlite
def test_json_is_compact_text_with_sorted_keys(engine: Engine) -> None:
    engine.register(function("charge-card"))
    data = {"b": [1, 2.5, None, True], "a": {"z": "größe\n🙏", "y": {}}, "1": ""}
    expected = '{"1":"","a":{"y":{},"z":"größe\\n🙏"},"b":[1,2.5,null,true]}'
    (run_id,) = engine.send("order.placed", data)["run_ids"]
    engine.lease("worker-1")
    engine.save_step(run_id, "charge", data)
    engine.complete(run_id, data)
    assert one(engine, "input, output", run_id) == (expected, expected)
    assert engine.look("SELECT data FROM events") == [(expected,)]
    assert engine.look("SELECT output FROM step_runs") == [(expected,)]


@pytest.mark.sqlite
def test_a_definition_is_stored_with_every_key_sorted(engine: Engine) -> None:
    engine.register(function("charge-card", retries={"max_attempts": 5}))
    expected = (
        '{"concurrency":null,"debounce":null,"id":"charge-card","name":"","priority":null,'
        '"retries":{"max_attempts":5},"throttle":null,"timeout_secs":null,'
        '"triggers":[{"name":"order.placed","schedule":null,"type":"event"}]}'
    )
    assert engine.look("SELECT definition FROM functions") == [(expected,)]


def test_what_the_server_never_fills_stays_empty(engine: Engine) -> None:
    run_id = leased(engine)
    engine.complete(run_id, {})
    assert one(engine, "concurrency_key, run_after, locked_by, locked_until", run_id) == (None,) * 4
    assert engine.look("SELECT * FROM distributed_locks") == []


def test_a_run_is_answered_with_these_keys(engine: Engine) -> None:
    assert set(engine.get_run(queued(engine))) == {
        "id",
        "function_id",
        "event_id",
        "status",
        "attempt",
        "max_attempts",
        "input",
        "output",
        "error",
        "created_at",
        "started_at",
        "ended_at",
    }


def test_an_event_is_answered_with_these_keys(engine: Engine) -> None:
    sent = engine.send("order.placed", {})
    keys = {"id", "name", "data", "timestamp", "idempotency_key", "user_id"}
    assert set(engine.event(sent["event_id"])) == keys
    assert set(engine.events()[0]) == keys
