"""The line of an error that says what went wrong.

A traceback has it at its end, a stack of JavaScript, Java or Go at its beginning, a Rust panic in its second
line. Lists read only both ends of an error, so everything here works with a gap in the middle.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, F, Func
from django.db.models.sql.compiler import SQLCompiler

HEAD, TAIL = 1_000, 2_000
# A database unpacks the whole of a value to reach its end: 50 of these take PostgreSQL 50 ms.
LONGEST = 64 * 1024

TRACEBACK = re.compile(r"Traceback \(most recent call (?:last|first)\)")
FRAME = re.compile(r'\s*(?:\| +)*File ".*", line \d+')
GROUP = re.compile(r"^\s*\+ Exception Group Traceback")
BARS = re.compile(r"^(?:\s*[|+] ?)+")
PANIC = re.compile(r".*?thread '.*' (?:\(\d+\) )?panicked at (?:'(?P<quoted>.*)', )?\S+:\d+:\d+:?$")
STACK_FRAME = re.compile(r"\s+at \S")
MODULE = re.compile(r"^(?:[\w$]+\.)+(?=[A-Z][\w$]*(?: \[\w+\])?(?:: |:?$))")
PLACE = re.compile(r"\S+:\d+$")
RAISED = re.compile(
    r"(?:Uncaught )?(?:[\w$]+\.)*\w*(?:Error|Exception|Fault|Failure|Timeout)(?: \[\w+\])?(?::|$)"
)
TITLE = re.compile(r"<title[^>]*>(?P<text>[^<]+)</title>", re.IGNORECASE)
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
WORD = re.compile(r"\w")
TOO_LONG = "Traceback that is too long for its exception to be looked for"
SPOKEN = ("message", "detail", "title", "error_description", "reason", "error", "errors")
# What libraries say about their own objects, and what a person needs of it.
NOISE = (
    (re.compile(r"HTTPS?ConnectionPool\(host='([^']+)', port=(\d+)\)"), r"\1:\2"),
    (re.compile(r"<(?:[\w.]+\.)?(\w+)(?: object)? at 0x[0-9a-f]+>"), r"\1"),
)


@dataclass(frozen=True)
class Ends:
    """The beginning of an error, and the end of what follows it; `has_gap`: not all between was read."""

    head: str
    tail: str = ""
    has_gap: bool = False

    @classmethod
    def of(cls, text: str | None) -> Self:
        """Of an error that was read whole."""
        rest = (text or "")[HEAD:]
        return cls((text or "")[:HEAD], rest[-TAIL:], has_gap=len(rest) > TAIL)

    @classmethod
    def read(cls, head: str | None, tail: str | None) -> Self:
        """As the database gives them: None for the tail of an error that is too long."""
        if head is None:
            return cls("")
        return cls(head, tail or "", has_gap=tail is None or len(tail) == TAIL)

    @property
    def lines(self) -> list[str]:
        """All that were read, without those that the gap has cut."""
        if not self.has_gap:
            return without_colours(self.head + self.tail)
        before, after = without_colours(self.head), without_colours(self.tail)
        return (before[:-1] or before) + (after[1:] or after)


class ErrorTail(Func):
    """The end of what follows the head of `error`, empty where the error is too long to look for its end."""

    output_field = CharField()

    def __init__(self) -> None:
        super().__init__(F("error"))

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> tuple[str, Sequence[Any]]:
        """The length in bytes is known without reading the value."""
        return self.bounded(compiler, "octet_length({0})", f"right(substr({{0}}, {HEAD + 1}), {TAIL})")

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> tuple[str, tuple[Any, ...]]:
        """Counting characters from the beginning costs more than reading the value."""
        end = f"substr(substr({{0}}, {HEAD + 1}), -{TAIL})"
        return self.bounded(compiler, "length(CAST({0} AS BLOB))", end)

    def bounded(self, compiler: SQLCompiler, size: str, end: str) -> tuple[str, tuple[Any, ...]]:
        """The end, of values that are not too long."""
        column, values = compiler.compile(self.source_expressions[0])
        sql = f"CASE WHEN {size} <= {LONGEST} THEN {end} END"
        return sql.format(column), (*values, *values)


def headline(error: Ends | str | None) -> str:
    """The line that says what went wrong, as it was written; empty if none does."""
    ends = error if isinstance(error, Ends) else Ends.of(error)
    lines = ends.lines
    if any(TRACEBACK.search(line) for line in lines):
        return python_headline(lines, has_gap=ends.has_gap)
    return panic(lines) or thrown(lines) or document(ends) or first_line(lines)


def brief(line: str, length: int) -> str:
    """A headline for a place that is narrow: without noise, and if it must be cut, in the middle."""
    for pattern, plain in NOISE:
        line = pattern.sub(plain, line)
    return cut(MODULE.sub("", line), length)


def cut(line: str, length: int) -> str:
    """The line with its middle left out: what begins an error names it, what ends it tells."""
    if len(line) <= length:
        return line
    end = length * 2 // 5
    return f"{line[: length - end - 1].rstrip()}…{line[-end:].lstrip()}"


def without_colours(text: str) -> list[str]:
    """The text's lines, without what only a terminal understands."""
    return COLOURS.sub("", text).splitlines()


def python_headline(lines: Sequence[str], *, has_gap: bool) -> str:
    """The exception's own line, of chained tracebacks the last one's.

    What was said before the traceback goes first only if it has the exception's message and more.
    """
    raised = raised_line(lines)
    before = "" if TRACEBACK.search(first_line(lines)) else first_line(lines)
    if not raised:
        return before or (TOO_LONG if has_gap else first_line(lines))
    message = raised.partition(": ")[2]
    return before if len(message) > 1 and message in before and len(before) > len(raised) else raised


def raised_line(lines: Sequence[str]) -> str:
    """The first line after the last frame that is not indented."""
    group = next((number for number, line in enumerate(lines) if GROUP.match(line)), None)
    if group is not None:
        return first_line(after_frames(BARS.sub("", line, count=1) for line in lines[group + 1 :]))
    frames = [number for number, line in enumerate(lines) if FRAME.match(line) or TRACEBACK.search(line)]
    if found := first_line(after_frames(lines[frames[-1] + 1 :])):
        return found
    return next((line.strip() for line in reversed(lines) if RAISED.match(line.strip())), "")


def after_frames(lines: Iterable[str]) -> list[str]:
    """From the first line on that is not indented, and so no part of a frame."""
    rest = list(lines)
    begin = next((number for number, line in enumerate(rest) if WORD.search(line[:1])), len(rest))
    return rest[begin:]


def panic(lines: Sequence[str]) -> str:
    """What a Rust thread panicked with: quoted in its first line, or on the next."""
    for number, line in enumerate(lines):
        if found := PANIC.match(line.strip()):
            return str(found["quoted"] or first_line(lines[number + 1 :]) or line.strip())
    return ""


def thrown(lines: Sequence[str]) -> str:
    """The line above the frames of a stack, where Node shows the source before it."""
    frame = next((number for number, line in enumerate(lines) if STACK_FRAME.match(line)), 0)
    above = [line for line in lines[:frame] if WORD.match(line)]
    if found := next((line for line in above if RAISED.match(line)), ""):
        return found
    return above[-1] if PLACE.match(first_line(lines)) and above else ""


def document(ends: Ends) -> str:
    """What a JSON or HTML document says that was taken for an error."""
    text = (ends.head + ends.tail).strip()
    if text[:1] == "<" and (found := TITLE.search(text)):
        return " ".join(found["text"].split())
    if text[:1] not in {"{", "["} or ends.has_gap:
        return ""
    try:
        return first_line(said(json.loads(text)).splitlines())
    except (ValueError, RecursionError):
        return ""


def said(value: Any) -> str:
    """The first text under a name that errors are told by."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return next(filter(None, map(said, value)), "")
    if isinstance(value, dict):
        return next(filter(None, (said(value[name]) for name in SPOKEN if name in value)), "")
    return ""


def first_line(lines: Sequence[str]) -> str:
    """The first line that says something; one that ends with a colon goes on with the next."""
    spoken = [line.strip() for line in lines if WORD.search(line)]
    if len(spoken) > 1 and spoken[0].endswith(":"):
        return f"{spoken[0]} {spoken[1]}"
    return spoken[0] if spoken else ""
