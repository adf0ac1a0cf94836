"""JSON as a page shows it: folded by `<details>`, keys and numbers exactly as they were written.

The text is walked with a regular expression and a stack, never recursively, and never through Python
numbers: 2^80, 1.10 and 1e5 stay what they are, and a thousand levels cost a thousand entries of a list.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.safestring import SafeString, mark_safe

from ops.engine.excerpts import Excerpt, Stored
from ops.engine.values import Payload

IN_PAGE = 32_000
AS_TREE = 128_000
DEPTH = 50
UNFOLDED_DEPTH = 3
UNFOLDED_COUNT = 60
RAW_BEGIN, RAW_END = '<pre class="raw code wrap">', "</pre>"

STRING = r'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*"'
TOKEN = re.compile(
    rf"""[ \t\n\r]*(?:
    (?P<k>{STRING})[ \t\n\r]*:
    |(?P<s>{STRING})
    |(?P<mark>[{{}}\[\],])
    |(?P<n>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
    |(?P<l>true|false|null)
    )""",
    re.VERBOSE,
)
BLANKS = " \t\n\r"
FOLD_END = "</details>"
CLOSING = {"{": "}", "[": "]"}
KEY_MAY_COME = {"key", "key or end"}
VALUE_MAY_COME = {"value", "value or end"}
END_MAY_COME = {"next", "key or end", "value or end"}


class Unshowable(ValueError):
    """Not to be drawn as a tree; the message says why."""


@dataclass(frozen=True)
class View:
    """What the template draws: a tree, or the text as it is with a note."""

    html: SafeString
    size: int
    note: str = ""
    partial: bool = False


def view(payload: Payload | Excerpt) -> View:
    """What is in the page itself: everything up to 32 KB, else the beginning."""
    size = payload.size
    if size > IN_PAGE:
        return View(raw(payload.text[: IN_PAGE // 8]), size, "Only the beginning is shown.", partial=True)
    try:
        return View(tree(payload.text), size)
    except Unshowable as reason:
        return View(raw(payload.text), size, str(reason))


def whole(payload: Payload) -> SafeString:
    """All of it, for the address that loads the rest."""
    try:
        return tree(payload.text) if payload.size <= AS_TREE else raw(payload.text)
    except Unshowable:
        return raw(payload.text)


def response_of(value: Stored, *, as_tree: bool = True) -> HttpResponseBase | None:
    """All of a stored value: folded unless it is too long for that, then in slices. None if it is NULL."""
    head = value.excerpt(AS_TREE)
    if head is None:
        return None
    if head.size > AS_TREE:
        return StreamingHttpResponse(raw_parts(value.slices()))
    return HttpResponse(whole(Payload(head.text)) if as_tree else raw(head.text))


def raw_parts(texts: Iterable[str]) -> Iterator[str]:
    """The text as it is, without ever holding all of it."""
    yield RAW_BEGIN
    yield from map(quoted, texts)
    yield RAW_END


def raw(text: str) -> SafeString:
    return mark_safe(f"{RAW_BEGIN}{quoted(text)}{RAW_END}")  # noqa: S308 - quoted here


def quoted(text: str) -> str:
    """Safe between tags; half the cost of Django's `escape`, which also quotes for attributes."""
    if "&" not in text and "<" not in text and ">" not in text:
        return text
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def tokens(text: str) -> Iterator[tuple[str, str]]:
    """(kind, lexeme): `k` is a key with its colon, `s`, `n`, `l` are values, `mark` is the rest."""
    position, end = 0, len(text.rstrip(BLANKS))
    while position < end:
        found = TOKEN.match(text, position)
        if found is None:
            raise Unshowable(f"This is not valid JSON (at character {position + 1}); shown as it is.")
        kind = found.lastgroup or ""
        yield kind, found[kind]
        position = found.end()


@dataclass(slots=True)
class Level:
    """An object or array that is open: where its head stands, and how many members it has."""

    bracket: str
    place: int
    key: str
    count: int = 0

    @property
    def unit(self) -> str:
        """`3 keys`, `1 item`."""
        return f"{self.count} {'key' if self.bracket == '{' else 'item'}{'' if self.count == 1 else 's'}"


@dataclass(slots=True)
class Tree:
    """Writes the HTML while the tokens pass, and refuses what is not JSON.

    `wants` names what may come next: a value, a key, or (`next`) a comma or the end. The text of the
    result without its `.m` elements is the same JSON again: that is what "copy" copies.
    """

    parts: list[str] = field(default_factory=list)
    levels: list[Level] = field(default_factory=list)
    wants: str = "value"
    key: str = ""

    def take(self, kind: str, lexeme: str) -> None:
        if kind == "k":
            self.name(lexeme)
        elif kind != "mark":
            self.member(f'{self.key}<span class="{kind}">{quoted(lexeme)}</span>')
            self.wants = "next"
        elif lexeme == ",":
            self.comma()
        elif lexeme in CLOSING:
            self.open(lexeme)
        else:
            self.close(lexeme)

    def name(self, lexeme: str) -> None:
        """The key of the next member."""
        if self.wants not in KEY_MAY_COME:
            raise Unshowable("This is not valid JSON (a key where none can be); shown as it is.")
        self.key = f'<span class="k">{quoted(lexeme)}</span>: '
        self.wants = "value"

    def comma(self) -> None:
        """Behind the value, also behind the bracket that closes it."""
        if self.wants != "next" or not self.levels:
            raise Unshowable("This is not valid JSON (a comma where none can be); shown as it is.")
        if self.parts[-1] is FOLD_END:
            self.parts[-1] = f",{FOLD_END}</li>"
        else:
            self.parts.append(",</li>")
        self.wants = "key" if self.levels[-1].bracket == "{" else "value"

    def member(self, html: str) -> None:
        """A value begins: in its line of the level around it."""
        if self.wants not in VALUE_MAY_COME:
            raise Unshowable("This is not valid JSON (a value where none can be); shown as it is.")
        if self.levels:
            self.levels[-1].count += 1
            html = f"<li>{html}"
        self.parts.append(html)
        self.key = ""

    def open(self, bracket: str) -> None:
        """An object or array begins; its head is written when its members are counted."""
        if len(self.levels) == DEPTH:
            raise Unshowable(f"Nested more than {DEPTH} levels deep; shown as it is.")
        key = self.key
        self.member("")
        self.levels.append(Level(bracket, len(self.parts) - 1, key))
        self.wants = "key or end" if bracket == "{" else "value or end"

    def close(self, bracket: str) -> None:
        """It ends: write its head."""
        fits = self.levels and CLOSING[self.levels[-1].bracket] == bracket
        if not fits or self.wants not in END_MAY_COME:
            raise Unshowable(f"This is not valid JSON (unexpected {bracket}); shown as it is.")
        level = self.levels.pop()
        if level.count:
            self.parts[level.place] += self.head(level)
            self.parts += (f"</li></ul>{bracket}", FOLD_END)
        else:
            self.parts[level.place] += f"{level.key}{level.bracket}{bracket}"
        self.wants = "next"

    def head(self, level: Level) -> str:
        """The line that folds and unfolds; long and deep ones begin folded."""
        unfolded = len(self.levels) < UNFOLDED_DEPTH and level.count <= UNFOLDED_COUNT
        kind = "a" if level.bracket == "[" else "o"
        return (
            f'<details class="{kind}"{" open" if unfolded else ""}><summary>{level.key}{level.bracket}'
            f'<span class="m"> {level.unit} </span></summary><ul>'
        )

    def finish(self) -> SafeString:
        """The HTML, once every level is closed."""
        if self.levels or self.wants != "next":
            raise Unshowable("This is not valid JSON (it ends too early); shown as it is.")
        return mark_safe("".join(self.parts))  # noqa: S308 - every lexeme went through `quoted`


def tree(text: str) -> SafeString:
    """The folded HTML; Unshowable if the text is not JSON or too deep."""
    drawing = Tree()
    for kind, lexeme in tokens(text):
        drawing.take(kind, lexeme)
    return drawing.finish()
