"""Definitions are read whatever they hold: no key is sure to be there or of its type."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.definition import KNOWN, read_definition
from ops.engine.values import Payload
from tests.wild import DEFINITIONS, MARKUP

WHOLE: dict[str, Any] = {
    "id": "charge-card",
    "name": "Charge the card",
    "triggers": [
        {"type": "event", "name": "order.placed", "schedule": None},
        {"type": "cron", "schedule": "0 2 * * *", "name": None},
    ],
    "retries": {"max_attempts": 5},
    "timeout_secs": 300,
    "concurrency": {"limit": 5, "key": "event.customer_id"},
    "throttle": {"limit": 10, "period_secs": 60},
    "debounce": {"period_secs": 30},
    "priority": -1,
}


def settings(value: Any) -> dict[str, str]:
    """Label → value."""
    return {one.label: one.value for one in read_definition(Payload.of(value)).settings}


def test_a_whole_definition_is_read() -> None:
    definition = read_definition(Payload.of(WHOLE))
    assert definition.name == "Charge the card"
    assert [(one.kind, one.text) for one in definition.triggers] == [
        ("event", "order.placed"),
        ("cron", "0 2 * * *"),
    ]
    assert settings(WHOLE) == {
        "Attempts": "5",
        "Concurrency": "5 at once per event.customer_id",
        "Throttle": "10 per 1 m",
        "Debounce": "30 s",
        "Priority": "-1",
        "Timeout": "5 m",
    }
    assert definition.fault == ""
    assert definition.unknown == ()


def test_only_attempts_and_events_are_enforced() -> None:
    definition = read_definition(Payload.of(WHOLE))
    assert [one.label for one in definition.settings if one.enforced] == ["Attempts"]
    assert [one.is_event for one in definition.triggers] == [True, False]


@pytest.mark.parametrize(
    ("retries", "attempts", "note"),
    [
        ({"max_attempts": 1}, 1, ""),
        ({"max_attempts": 0}, 3, "the engine's default"),
        ({"max_attempts": -2}, 3, "the engine's default"),
        ({"max_attempts": True}, 3, "the engine's default"),
        ({"max_attempts": "5"}, 3, "the engine's default"),
        ({}, 3, "the engine's default"),
        (None, 3, "the engine's default"),
        (7, 3, "the engine's default"),
    ],
)
def test_attempts_are_what_the_engine_gives_a_run(retries: Any, attempts: int, note: str) -> None:
    definition = read_definition(Payload.of({"retries": retries}))
    assert definition.attempts == attempts
    assert (definition.settings[0].value, definition.settings[0].note) == (str(attempts), note)


def test_it_listens_to_its_events_exactly() -> None:
    definition = read_definition(Payload.of(WHOLE))
    assert definition.listens_to("order.placed")
    for name in ("Order.placed", "order.place", "0 2 * * *", ""):
        assert not definition.listens_to(name)


@pytest.mark.parametrize(
    ("key", "value", "label", "text"),
    [
        ("concurrency", {"limit": 2}, "Concurrency", "2 at once"),
        ("concurrency", {"key": "a"}, "Concurrency", "per a"),
        ("concurrency", [1], "Concurrency", ""),
        ("throttle", {"limit": None}, "Throttle", ""),
        ("throttle", {"limit": 3}, "Throttle", "3"),
        ("throttle", {"limit": 3, "period_secs": 1, "key": "k"}, "Throttle", "3 per 1 s, by k"),
        ("debounce", {}, "Debounce", ""),
        ("timeout_secs", 0.5, "Timeout", "500 ms"),
        ("timeout_secs", 3600, "Timeout", "1 h"),
        ("timeout_secs", 90, "Timeout", "1 m 30 s"),
        ("timeout_secs", -1, "Timeout", "-1"),
        ("timeout_secs", "soon", "Timeout", "soon"),
        ("timeout_secs", {"a": 1}, "Timeout", "an object"),
        ("timeout_secs", 10**400, "Timeout", "a number"),
        ("priority", True, "Priority", "true or false"),
        ("priority", 1.5, "Priority", "1.5"),
    ],
)
def test_settings_of_any_type_say_what_is_there(key: str, value: Any, label: str, text: str) -> None:
    assert settings({key: value})[label] == text


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"triggers": [', "The definition is not readable JSON"),
        ("", "The definition is not readable JSON"),
        ("[" * 5000, "The definition is not readable JSON"),
        ("[1]", "The definition is not an object but a list."),
        ("null", "The definition is not an object but null."),
        ("7", "The definition is not an object but a number."),
        ("true", "The definition is not an object but true or false."),
        ('"x"', "The definition is not an object but a text."),
    ],
)
def test_what_can_not_be_read_says_why(text: str, fault: str) -> None:
    definition = read_definition(Payload(text))
    assert definition.fault.startswith(fault)
    assert definition.triggers == ()


def test_keys_that_the_engine_does_not_know_are_named() -> None:
    assert read_definition(Payload.of({"batch": {}, "id": "x", MARKUP: 1})).unknown == (MARKUP, "batch")


@pytest.mark.parametrize("name", DEFINITIONS)
def test_definitions_from_the_wild_are_read(name: str) -> None:
    value = DEFINITIONS[name]
    definition = read_definition(value if isinstance(value, Payload) else Payload.of(value))
    assert all(isinstance(one.value, str) for one in definition.settings)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
INNER = st.dictionaries(
    st.sampled_from(["max_attempts", "limit", "key", "period_secs", "type", "name", "schedule"]), ANYTHING
)


@given(st.dictionaries(st.sampled_from(sorted(KNOWN)), ANYTHING | INNER | st.lists(INNER, max_size=3)))
def test_no_definition_breaks_the_reading(value: dict[str, Any]) -> None:
    definition = read_definition(Payload.of(value))
    assert definition.attempts >= 1
    assert len(definition.settings) == 6
