"""What happens when an event is sent."""

import pytest
from django.db import transaction

from tests.engine.contract.client import Engine, Refused, function, one


def test_an_event_starts_every_function_that_wants_it(engine: Engine) -> None:
    engine.register(function("charge-card"), function("score-fraud"), function("other", "order.lost"))
    sent = engine.send("order.placed", {"order": 7}, user_id="user_1")
    found = engine.runs(event_id=sent["event_id"])
    assert {run["function_id"] for run in found} == {"charge-card", "score-fraud"}
    assert {run["id"] for run in found} == set(sent["run_ids"])
    assert all(run["status"] == "queued" and run["attempt"] == 0 for run in found)
    assert all(run["input"] == {"order": 7} for run in found)
    assert engine.event(sent["event_id"])["user_id"] == "user_1"


def test_an_event_that_nobody_wants_is_stored_without_a_run(engine: Engine) -> None:
    sent = engine.send("page.viewed", {"path": "/"})
    assert sent["run_ids"] == []
    assert engine.event(sent["event_id"])["name"] == "page.viewed"


def test_names_are_exact_and_case_sensitive(engine: Engine) -> None:
    engine.register(function("charge-card", "order.placed"), function("odd", "order_placed%"))
    for name in ("Order.Placed", "order.placed ", "order.place", "order%", "orderXplaced%"):
        assert engine.send(name, {})["run_ids"] == [], name
    assert len(engine.send("order.placed", {})["run_ids"]) == 1


def test_a_cron_trigger_of_that_name_does_not_match(engine: Engine) -> None:
    trigger = {"type": "cron", "name": "order.placed", "schedule": "0 2 * * *"}
    engine.register({"id": "nightly", "name": "", "triggers": [trigger]})
    assert engine.send("order.placed", {})["run_ids"] == []


def test_a_known_idempotency_key_answers_the_first_event_whatever_the_body(engine: Engine) -> None:
    engine.register(function("charge-card"))
    first = engine.send("order.placed", {"order": 1}, idempotency_key="order/1")
    again = engine.send("order.lost", {"order": 2}, idempotency_key="order/1", user_id="somebody")
    assert again == first
    assert engine.event(first["event_id"])["data"] == {"order": 1}
    assert len(engine.events()) == len(engine.runs()) == 1


def test_a_known_key_does_not_create_the_runs_that_are_missing(engine: Engine) -> None:
    first = engine.send("order.placed", {}, idempotency_key="order/1")
    engine.register(function("charge-card"))
    assert engine.send("order.placed", {}, idempotency_key="order/1") == {**first, "run_ids": []}


@pytest.mark.parametrize(
    ("retries", "expected"),
    [
        ({"max_attempts": 5}, 5),
        ({"max_attempts": 1}, 1),
        ({"max_attempts": 0}, 3),
        ({"max_attempts": -2}, 3),
        (None, 3),
    ],
)
def test_max_attempts_comes_from_the_definition_when_positive(
    engine: Engine, retries: dict[str, int] | None, expected: int
) -> None:
    engine.register(function("charge-card", retries=retries))
    (run_id,) = engine.send("order.placed", {})["run_ids"]
    assert engine.get_run(run_id)["max_attempts"] == expected


@pytest.mark.parametrize("data", [None, [1, "two", None], "just text", 7, True, {"a": {"b": []}}, "größe 🙏"])
def test_data_may_be_any_json_value(engine: Engine, data: object) -> None:
    engine.register(function("charge-card"))
    sent = engine.send("order.placed", data)
    assert engine.event(sent["event_id"])["data"] == data
    assert engine.get_run(sent["run_ids"][0])["input"] == data


def test_a_definition_loses_keys_that_the_server_does_not_know(engine: Engine) -> None:
    engine.register(function("charge-card", batch={"size": 3}, timeout_secs=45))
    (stored,) = engine.functions()
    assert stored["timeout_secs"] == 45
    assert "batch" not in stored
    assert stored["throttle"] is None
    assert stored["triggers"] == [{"type": "event", "name": "order.placed", "schedule": None}]


def test_registering_again_replaces_the_definition(engine: Engine) -> None:
    engine.register(function("charge-card", "order.placed"))
    engine.register(function("charge-card", "order.lost"))
    assert engine.send("order.placed", {})["run_ids"] == []
    assert len(engine.send("order.lost", {})["run_ids"]) == 1


@pytest.mark.sqlite
def test_a_broken_definition_fails_after_the_event_is_stored(engine: Engine) -> None:
    engine.register(function("charge-card"))
    now = "2026-02-22T19:32:57+00:00"
    engine.write("INSERT INTO functions VALUES (%s, %s, %s, %s)", "broken", '{"id": "bro', now, now)
    with pytest.raises(Refused, match="500"):
        engine.send("order.placed", {}, idempotency_key="order/1")
    (event,) = engine.events()
    assert engine.runs() == []
    assert engine.send("order.placed", {}, idempotency_key="order/1") == {
        "event_id": event["id"],
        "run_ids": [],
    }


@pytest.mark.sqlite
def test_a_trigger_whose_name_comes_last_is_not_found(engine: Engine) -> None:
    now = "2026-02-22T19:32:57+00:00"
    text = '{"id":"charge-card","triggers":[{"type":"event","name":"order.placed"}]}'
    engine.write("INSERT INTO functions VALUES (%s, %s, %s, %s)", "charge-card", text, now, now)
    assert engine.send("order.placed", {})["run_ids"] == []


def test_a_zero_character_in_the_data(engine: Engine) -> None:
    if engine.vendor == "sqlite":
        sent = engine.send("order.placed", {"text": "a\0b"})
        assert engine.event(sent["event_id"])["data"] == {"text": "a\0b"}
        return
    with pytest.raises(Refused, match="500"), transaction.atomic():
        engine.send("order.placed", {"text": "a\0b"})
    assert engine.events() == []


def test_an_unknown_event_is_not_found(engine: Engine) -> None:
    with pytest.raises(Refused, match="404"):
        engine.event("00000000-0000-0000-0000-000000000000")


def test_an_event_knows_its_runs_ids_even_without_a_registered_function(engine: Engine) -> None:
    engine.register(function("charge-card"))
    (run_id,) = engine.send("order.placed", {})["run_ids"]
    engine.write("DELETE FROM functions")
    assert one(engine, "function_id, status", run_id) == ("charge-card", "queued")
