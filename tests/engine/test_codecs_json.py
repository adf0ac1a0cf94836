"""JSON of the engine's rows: text in, the same text out, whatever it holds."""

import json
from typing import Any

import pytest
from django.db import DataError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from ops.engine.values import Payload
from runs.models import Run
from tests.engine.columns import store, stored
from tests.factories import make_run

DEEP = "[" * 900 + "1" + "]" * 900
TEXTS = {
    "object": '{"a":1,"b":[true,null]}',
    "list": "[1,2,3]",
    "string": '"just text"',
    "number": "7",
    "JSON null": "null",
    "empty": "{}",
    "markup": '{"<script>":"<b>&amp;"}',
    "not ASCII": '{"straße":"日本語 ✓"}',
    "beyond 64 bit": '{"n":123456789012345678901234567890}',
    "900 levels": DEEP,
    "1 MB": json.dumps({"lines": ["é" * 100] * 5_000}, ensure_ascii=False, separators=(",", ":")),
}
BROKEN = ["", "{", "{'a':1}", "undefined", "NaN", "[Infinity]", '{"a":1e999}', "\x00", "nul", "[" * 100_000]
# What PostgreSQL's jsonb can hold: no NUL, no half characters.
characters = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
numbers = st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(characters),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(characters), inner, max_size=4),
    max_leaves=12,
)


def reread(run: Run) -> Run:
    return Run.objects.get(pk=run.pk)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_is_read_is_written_back_unchanged(db: None, text: str) -> None:
    run = make_run()
    store(run, "input", text)
    before = stored(run, "input")
    found = reread(run).input
    assert found.text == before
    Run.objects.filter(pk=run.pk).update(input=found)
    assert stored(run, "input") == before
    assert json.loads(before) == json.loads(text)


@pytest.mark.sqlite
@pytest.mark.parametrize("text", [*TEXTS.values(), *BROKEN])
def test_sqlite_keeps_every_byte(db: None, text: str) -> None:
    run = make_run(input=Payload(text))
    assert stored(run, "input") == text
    assert reread(run).input == Payload(text)


@pytest.mark.postgresql
def test_postgresql_refuses_broken_json_and_changes_nothing(db: None) -> None:
    run = make_run()
    with pytest.raises(DataError), transaction.atomic():
        Run.objects.filter(pk=run.pk).update(input=Payload("{"))
    assert stored(run, "input") == "{}"


@pytest.mark.parametrize("text", BROKEN)
def test_broken_json_is_a_value_error_and_nothing_else(text: str) -> None:
    with pytest.raises(ValueError):
        Payload(text).value()
    assert Payload(text).size == len(text)


def test_null_of_sql_and_null_of_json_are_two_things(db: None) -> None:
    nothing, null = make_run(output=None), make_run(output=Payload("null"))
    assert (stored(nothing, "output"), stored(null, "output")) == (None, "null")
    assert reread(nothing).output is None
    assert reread(null).output == Payload("null")
    assert reread(null).output.value() is None
    assert Run.objects.get(output__isnull=True).pk == nothing.pk


def test_values_are_read_past_the_model_too(db: None) -> None:
    make_run(input=Payload('{"a":1}'))
    (found,) = Run.objects.values_list("input", flat=True)
    assert found.value() == {"a": 1}


@pytest.mark.sqlite
def test_bytes_in_a_json_column_are_read(db: None) -> None:
    run = make_run()
    store(run, "input", b'{"a":"\xff"}')
    assert reread(run).input.value() == {"a": "\ufffd"}


@pytest.mark.sqlite
@pytest.mark.parametrize("column", ["input", "output", "error", "function_id", "locked_by"])
def test_text_that_is_not_utf8_breaks_no_row(db: None, column: str) -> None:
    run = make_run()
    with connection.cursor() as cursor:
        name = connection.ops.quote_name(column)
        cursor.execute(f"UPDATE function_runs SET {name} = CAST(X'22FF22' AS TEXT)")  # noqa: S608 - a constant
    assert str(getattr(reread(run), column)) == '"\ufffd"'


@pytest.mark.sqlite
@pytest.mark.parametrize("column", ["error", "function_id"])
def test_a_blob_in_a_text_column_is_read(db: None, column: str) -> None:
    run = make_run()
    store(run, column, b"caf\xc3\xa9")
    assert getattr(reread(run), column) == "café"


@pytest.mark.parametrize("text", ['"\\ud800"', '{"\\uDFFF":["\\ud83d"]}', '"\\ud83d\\ude00 \\udc00"'])
def test_half_characters_can_be_shown(text: str) -> None:
    shown = json.dumps(Payload(text).value(), ensure_ascii=False)
    assert "?" in shown.encode().decode()


def test_half_characters_can_be_stored() -> None:
    payload = Payload.of({"a": "\ud800", "b": "\U0001f600"})
    assert payload.text == '{"a":"\\ud800","b":"\U0001f600"}'
    assert payload.size == len(payload.text.encode())


@pytest.mark.parametrize("number", [float("nan"), float("inf"), [float("-inf")]])
def test_what_is_no_json_is_never_written(number: Any) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        Payload.of(number)


def test_written_as_the_engine_writes() -> None:
    assert Payload.of({"b": [1, 1.5, None], "a": {"ü": "é\n"}, "Z": True}).text == (
        '{"Z":true,"a":{"ü":"é\\n"},"b":[1,1.5,null]}'
    )


class RoundTrips(TestCase):
    """Any JSON value goes into the database and comes back."""

    @settings(max_examples=60, deadline=None)
    @given(values)
    def test_any_value_survives(self, value: Any) -> None:
        payload = Payload.of(value)
        found = reread(make_run(input=payload, output=payload))
        assert found.input == found.output
        # PostgreSQL spells a big float as an integer.
        assert json.loads(found.input.text, parse_int=float) == json.loads(payload.text, parse_int=float)
        if connection.vendor == "sqlite":
            assert found.input == payload
