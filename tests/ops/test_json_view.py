"""The JSON view: exact, escaped, and unimpressed by size, depth and breakage."""

import html
import json
import re

import pytest
from django.template import Context, Template
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.display.json_tree import AS_TREE, DEPTH, IN_PAGE, Unshowable, tree, view, whole
from ops.engine.values import Payload

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=30,
)


def copied(drawn: str) -> str:
    """What the copy button takes: the text without the counts."""
    without_counts = re.sub(r'<span class="m">[^<]*</span>', "", drawn)
    return html.unescape(re.sub(r"<[^>]*>", "", without_counts))


def page(payload: Payload | None) -> str:
    source = '{% load console %}{% json_view payload id="input" label="Input" more="/rest" %}'
    return Template(source).render(Context({"payload": payload}))


@given(JSON)
@settings(max_examples=150, deadline=None)
def test_what_is_copied_is_the_same_json(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False)
    assert json.loads(copied(tree(text))) == json.loads(text)


@given(st.text(alphabet='{}[]",:0123e.-tfn \\ua', max_size=30))
@settings(max_examples=400, deadline=None)
def test_it_draws_exactly_what_is_json(text: str) -> None:
    try:
        json.loads(text, parse_constant=lambda name: pytest.fail(name))
        valid = True
    except ValueError:
        valid = False
    try:
        tree(text)
    except Unshowable:
        assert not valid
    else:
        assert valid


def test_numbers_stay_as_they_were_written() -> None:
    drawn = tree('{"a": 1.10, "b": 12345678901234567890123, "c": 1E400, "d": -0}')
    for number in ("1.10", "12345678901234567890123", "1E400", "-0"):
        assert f'<span class="n">{number}</span>' in drawn


def test_keys_keep_their_order_also_when_they_repeat() -> None:
    assert re.findall(r'class="k">"(\w)"', tree('{"z": 1, "a": 2, "z": 3}')) == ["z", "a", "z"]


@pytest.mark.parametrize("text", ["null", '""', "0", "true", "[]", "{}", '"text"', ' {"a" : [ ] } '])
def test_every_json_value_is_shown(text: str) -> None:
    shown = view(Payload(text))
    assert not shown.note
    assert json.loads(copied(shown.html)) == json.loads(text)


def test_no_value_is_not_null() -> None:
    assert ">null<" in page(Payload("null"))
    assert "no value" in page(None)
    assert ">null<" not in page(None)


def test_markup_in_keys_and_values_is_text() -> None:
    payload = Payload('{"<script>alert(1)</script>": "</span><img src=x onerror=alert(1)>"}')
    assert "<script" not in page(payload)
    assert "<img" not in page(payload)
    assert "<img" not in page(Payload("<img src=x>"))


@pytest.mark.parametrize(
    "text", ["", "[1, 2", "{'a': 1}", "NaN", "[01]", '"\\x"', "nul", '{"a" 1}', "1 2", "[1}"]
)
def test_broken_json_is_shown_as_it_is_with_a_note(text: str) -> None:
    shown = view(Payload(text))
    assert "not valid JSON" in shown.note
    assert html.escape(text, quote=False) in shown.html


def test_fifty_levels_are_a_tree_and_more_are_text() -> None:
    assert not view(Payload("[" * DEPTH + "]" * DEPTH)).note
    assert "levels deep" in view(Payload("[" * (DEPTH + 1) + "]" * (DEPTH + 1))).note


@pytest.mark.parametrize("text", ['{"a":' * 900 + "1" + "}" * 900, "[" * 100_000, '"' + "\\" * 99_999])
def test_no_depth_breaks_it(text: str) -> None:
    payload = Payload(text)
    assert view(payload).note
    assert html.escape(text, quote=False) in whole(payload)


def test_a_big_value_is_in_the_page_by_its_beginning_only() -> None:
    payload = Payload(json.dumps(["x" * 100] * 10_000))
    shown = page(payload)
    assert len(shown) < IN_PAGE
    assert 'hx-get="/rest"' in shown
    assert "Load all 1.0 MB" in shown
    assert len(whole(payload)) > payload.size > AS_TREE


def test_a_value_of_the_limit_is_drawn_whole() -> None:
    text = json.dumps("x" * (IN_PAGE - 2))
    assert not view(Payload(text)).partial
    assert view(Payload(text + " ")).partial


def test_long_lists_begin_folded() -> None:
    assert tree(json.dumps([0] * 60)).startswith('<details class="a" open>')
    assert tree(json.dumps([0] * 61)).startswith('<details class="a"><summary>')
