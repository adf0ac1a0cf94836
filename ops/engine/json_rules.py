"""Which JSON the engine can read: what serde_json accepts, and on PostgreSQL what jsonb holds besides.

A text that the engine can't parse reaches the function as null on SQLite; on PostgreSQL the whole batch that
was leased with it is stuck. So nothing else may be written.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import isinf

# serde_json counts down from 128 and refuses the level that reaches zero.
DEEPEST = 127
LARGEST = 2**64 - 1
POWERS = [float(f"1e{power}") for power in range(309)]
# No number of fewer digits and without an exponent is beyond the floats.
ALWAYS_IN_RANGE = 300
# PostgreSQL's `numeric`, in which jsonb keeps numbers.
MAX_DECIMALS = 16_383
MAX_EXPONENT = 2**30
# sqlx turns on serde_json's raw values, and an object that begins with this key is taken for one.
RAW_VALUE = "$serde_json::private::RawValue"

TOKEN = re.compile(
    r"""(?P<string>"[^"\\]*(?:\\.[^"\\]*)*")(?P<colon>[ \t\n\r]*:)?
    |(?P<number>-?[0-9][0-9.eE+-]*)
    |(?P<constant>-?(?:NaN|Infinity))
    |(?P<open>[\[{])
    |(?P<close>[\]}])
    """,
    re.VERBOSE | re.DOTALL,
)
NUMBER = re.compile(r"-?([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?)([0-9]+))?")
# Whole pairs and other escapes are matched first, so that what is left is half a character.
ESCAPE = re.compile(
    r"""\\u[dD][89abAB]..\\u[dD][c-fC-F]..
    |(?P<half>\\u[dD][89a-fA-F]..|[\ud800-\udfff])
    |(?P<nul>\\u0000)
    |\\.
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Fault:
    """What is wrong, and at which character."""

    words: str
    position: int

    def told(self, text: str) -> str:
        """With line and column, both counted from 1."""
        line = text.count("\n", 0, self.position) + 1
        column = self.position - text.rfind("\n", 0, self.position)
        return f"{self.words} in line {line}, column {column}."


def fault_of(text: str, *, jsonb: bool) -> Fault | None:
    """The first thing in the text that the engine, or `jsonb` where it is kept as that, can't read."""
    grammar = fault_of_grammar(text)
    end = grammar.position if grammar else len(text)
    return next(faults_of_tokens(text, end, jsonb=jsonb), grammar)


def fault_of_grammar(text: str) -> Fault | None:
    """Where it stops being JSON; numbers are left as they are, for Python can't hold each of them."""
    try:
        json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except json.JSONDecodeError as error:
        return Fault(f"Not JSON: {error.msg}", error.pos)
    except RecursionError:
        return Fault("Nested too deeply", len(text))
    return None


def faults_of_tokens(text: str, end: int, *, jsonb: bool) -> Iterator[Fault]:
    """What is JSON, but beyond the engine, up to the end."""
    depth = 0
    for token in TOKEN.finditer(text, 0, end):
        at = token.start()
        match token.lastgroup:
            case "open":
                depth += 1
                if depth > DEEPEST:
                    yield Fault(f"Nested too deeply: the engine reads {DEEPEST} levels, this is one more", at)
            case "close":
                depth -= 1
            case "constant":
                yield Fault(f"{token[0]} is not JSON", at)
            case "number":
                yield from faults_of_number(token[0], at, jsonb=jsonb)
            case _:
                yield from faults_of_string(token["string"], at, jsonb=jsonb)
                if token["colon"] and json.loads(token["string"]) == RAW_VALUE:
                    yield Fault(f"The engine's JSON reader keeps the key {RAW_VALUE} to itself", at)


def faults_of_string(token: str, at: int, *, jsonb: bool) -> Iterator[Fault]:
    """Characters that the engine's text can't hold."""
    for found in ESCAPE.finditer(token):
        if found["half"]:
            yield Fault(
                "Half a character (a lone surrogate), which the engine can't read,", at + found.start()
            )
        elif found["nul"] and jsonb:
            yield Fault("The engine's database can't hold the character \\u0000", at + found.start())


def faults_of_number(token: str, at: int, *, jsonb: bool) -> Iterator[Fault]:
    """A number that becomes infinite in the engine, or that jsonb can't hold."""
    found = NUMBER.fullmatch(token)
    if found is None or (found[4] is None and len(token) < ALWAYS_IN_RANGE):
        return
    whole, decimals = found[1], found[2] or ""
    # More digits than these make no difference, and Python doesn't read thousands of them.
    exponent = int((found[3] or "") + (found[4] or "0").lstrip("0")[:12].rjust(1, "0"))
    if not is_in_range(whole, decimals, exponent):
        yield Fault("A number beyond those that the engine can read", at)
    elif jsonb and not is_held(whole, decimals, exponent):
        yield Fault("A number that PostgreSQL can't hold", at)


def is_in_range(whole: str, decimals: str, exponent: int) -> bool:
    """Whether serde_json makes a finite float of it, computed as it computes: from the first 64 bits."""
    significand, power = leading(whole, decimals)
    value, power = float(significand), power + exponent
    while value and abs(power) > 308:
        if power > 0:
            return False
        value, power = value / 1e308, power + 308
    return not value or power < 0 or not isinf(value * POWERS[power])


def leading(whole: str, decimals: str) -> tuple[int, int]:
    """The digits that fit into 64 bits, and the power of ten that they are multiplied by."""
    significand = power = 0
    for digit in whole:
        if power or significand * 10 + int(digit) > LARGEST:
            power += 1
        else:
            significand = significand * 10 + int(digit)
    for digit in decimals:
        if significand * 10 + int(digit) > LARGEST:
            break
        significand, power = significand * 10 + int(digit), power - 1
    return significand, power


def is_held(whole: str, decimals: str, exponent: int) -> bool:
    """Whether jsonb takes the number, and gives back digits that the engine can read."""
    if abs(exponent) >= MAX_EXPONENT or len(decimals) - exponent > MAX_DECIMALS:
        return False
    digits, point = whole + decimals, len(whole) + exponent
    if not digits.strip("0"):
        return True
    written = digits.rjust(len(digits) - point, "0") if point < 0 else digits.ljust(point, "0")
    return is_in_range(written[: max(0, point)].lstrip("0") or "0", written[max(0, point) :], 0)
