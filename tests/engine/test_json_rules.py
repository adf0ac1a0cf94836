"""What the engine's JSON reader accepts; every verdict is serde_json's own on the same text."""

import pytest

from ops.engine.json_rules import fault_of

ACCEPTED = [
    "1.7976931348623157e308",
    "1" * 300 + "e8",
    "0." + "0" * 400 + "17e709",
    "18446744073709551616e288",
    "0e99999999999999999999",
    "-0",
    "1e-99999999999",
    '"\\u00e9\\uDBFF\\uDFFF \\\\ud800 \x7f"',
    '{"a": 1, "a": 2}',
    "\t[1 ,\r\n2]\n",
]
REFUSED = [
    ("1.7976931348623159e308", 0),
    ("1" * 300 + "e10", 0),
    ("0." + "0" * 400 + "2e710", 0),
    ("[0, -1e309]", 4),
    ("[1, 1e99999999999999999999]", 4),
    ("01", 1),
    ("1.", 1),
    ("[-Infinity]", 1),
    ('"a\\ud83dx"', 2),
    ('"\\udc00\\ud800"', 1),
    ('"\\ud83d\\ud83d\\ude00"', 1),
    ('"\ud800"', 1),
    ('"\x01"', 1),
    ("\u00a0{}", 0),
    ("\ufeff{}", 0),
    ("", 0),
    ('{"$serde_json::private::RawValue": 1}', 1),
    ('{"\\u0024serde_json::private::RawValue": 1}', 1),
    ('[1e999, "\\ud800", }', 1),
    ("[}, 1e999]", 1),
]


@pytest.mark.parametrize("text", ACCEPTED)
def test_what_serde_json_reads_is_accepted(text: str) -> None:
    assert fault_of(text, jsonb=False) is None


@pytest.mark.parametrize(("text", "position"), REFUSED)
def test_what_serde_json_refuses_is_refused_at_its_first_fault(text: str, position: int) -> None:
    fault = fault_of(text, jsonb=False)
    assert fault is not None
    assert fault.position == position


@pytest.mark.parametrize("text", ["1e-16383", "0e-16383", "0." + "0" * 16_383, "1e308"])
def test_numbers_that_jsonb_gives_back_readable_are_accepted(text: str) -> None:
    assert fault_of(text, jsonb=True) is None


@pytest.mark.parametrize(
    "text",
    ["1e-16384", "0e-16384", "0." + "0" * 16_384, "0e1073741824", "17976931348623157e292", '"\\u0000"'],
)
def test_what_jsonb_cannot_hold_or_give_back_is_refused_for_it_alone(text: str) -> None:
    assert fault_of(text, jsonb=True) is not None
    assert fault_of(text, jsonb=False) is None


def test_the_place_is_told_in_lines_and_columns() -> None:
    text = '{\r\n  "a": 1,\r\n  "b": [1e999]\r\n}'
    fault = fault_of(text, jsonb=False)
    assert fault is not None
    assert fault.told(text).endswith("in line 3, column 9.")
