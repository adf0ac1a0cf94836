"""What is thrown: the values that once broke something here or elsewhere, and mixtures of them."""

from random import Random
from typing import Any

from django.core import signing

from ops.lists.pagination import SALT

TEXTS = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ud800",
    "\udfffx",
    "\ufeff",
    "\u202e",
    "e\u0301",
    "日本語",
    "😀",
    "\r\nX-Injected: 1",
    "'",
    '"',
    "\\",
    "%",
    "%%",
    "%s",
    "%(x)s",
    "{0}",
    "{{ 7|add:1 }}",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "//evil.example",
    "http://[",
    "http://h:99999999/",
    "javascript:alert(1)",
    "a" * 256,
    "x" * 10_000,
    "-",
    "_",
    ".",
    "..",
    "/",
    "a/b",
    "?",
    "#",
    "&",
    "=",
    ";",
    ",",
    "null",
    "None",
    "true",
    "false",
    "on",
    "[]",
    "{}",
)
# What breaks parsers, encoders and databases most often.
SHARP = (
    "",
    "\x00",
    "a\x00b",
    "\ud800",
    "http://[",
    "//[x",
    "[]",
    "{}",
    "null",
    "-1",
    "1e999",
    "NaN",
    "²",
    str(2**63),
    "9" * 5_000,
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "99999d",
    "x" * 10_000,
    "items",
)
SHARP_JSON: tuple[Any, ...] = (
    *SHARP,
    None,
    True,
    0,
    -1,
    2**63,
    10**400,
    1.5,
    [],
    {},
    ["\x00"],
    ["\ud800"],
    [[]],
    [None],
    {"": ""},
    {"\ud800": 1},
    {"worker": "\ud800"},
    {"worker": ["\x00"]},
    {"worker": {"a": 1}},
    {"items": "1"},
)
IN_HEADERS = ("http://[", "//[x", "http://h:99999999/runs?a", "/runs?%ED%A0%80=%00", "\xff", "x" * 3_000)
NUMBERS = (
    "0",
    "-0",
    "-1",
    "1",
    "7",
    "1.0",
    "1.5",
    "1e3",
    "1e400",
    "-1e999",
    "NaN",
    "Infinity",
    "-inf",
    "0x10",
    "1_000",
    "1,000",
    "٣",
    "１",  # noqa: RUF001
    "²",
    "½",
    str(2**31),
    str(2**63 - 1),
    str(2**63),
    str(-(2**63) - 1),
    str(2**64),
    "9" * 400,
    "9" * 5_000,
    "1e200000",
)
TIMES = (
    "2026-02-22",
    "2026-02-22T19:30Z",
    "2026-02-22T19:30:00+14:00",
    "2026-02-30",
    "0000-01-01",
    "0001-01-01T00:00:00+23:59",
    "1969-12-31",
    "9000-12-31",
    "9999-12-31T23:59:59.999999999-23:59",
    "99999-01-01",
    "infinity",
    "-infinity",
    "epoch",
    "now",
    "24:00",
    "1m",
    "24h",
    "99999d",
    "99999999d",
    "0h",
    "1h..2h",
    "UTC",
    "Europe/Berlin",
    "../../../etc/localtime",
)
KEYS = (
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "{00000000-0000-0000-0000-000000000000}",
    "urn:uuid:00000000-0000-0000-0000-000000000000",
    "00000000000000000000000000000000",
    "0192a7c1-55e0-7b1a-9f3a-8b1e22d09f3",
    "0192a7c1…9f3a",
    "runs.cancel",
    "runs.forgotten",
    "ops.user",
    "functions.function",
)
WORDS = ("failed", "queued", "held", "stuck", "newest", "json", "api", "created_at", "id", "-pk", "x")
CURSORS: tuple[Any, ...] = (
    [],
    ["next"],
    ["next", "", ""],
    ["sideways", "x", None],
    ["previous", "x", "2026-02-22", "y"],
    {"a": 1},
    "text",
    7,
)
BODIES = (
    b"",
    b"\x00",
    b"\xff\xfe{\x00}\x00",
    b"\xef\xbb\xbf{}",
    b"{",
    b"null",
    b'""',
    b"[]",
    b"0",
    b"NaN",
    b'"x"',
    b"[" * 100_000,
    b'{"a":' * 500 + b"1" + b"}" * 500,
    b'{"ids": ["\\ud800"]}',
    b'{"\\udc00": 1}',
    b'{"ids": {"a": 1}, "reason": []}',
    b"=&=&&%&%zz=%zz",
    b"a=%ED%A0%80&%00=%00",
    b"--b\r\nContent-Disposition: form-data; name=x\r\n\r\n",
    b'--b\r\nContent-Disposition: form-data; name="f"; filename="\x00"\r\n\r\nx\r\n--b--\r\n',
    b"--b--",
    b"a" * 2_700_000,
)
TYPES = (
    "application/json",
    "application/json; charset=utf-16",
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-16",
    "multipart/form-data; boundary=b",
    "multipart/form-data",
    "multipart/form-data; boundary=\xff",
    "multipart/form-data; boundary=" + "b" * 300,
    "text/plain",
    "text/csv; header=present",
    "/",
    ";;;",
    "application/octet-stream",
)


def text(random: Random, keys: tuple[str, ...]) -> str:
    """A value for anything that is sent as text; `keys` are those of rows that exist."""
    kind = SHARP if random.random() < 0.5 else random.choice((TEXTS, NUMBERS, TIMES, KEYS, WORDS, keys))
    found = random.choice(kind)
    if random.random() < 0.1:
        found += random.choice(TEXTS)
    return cursor(random) if random.random() < 0.04 else found


def cursor(random: Random) -> str:
    """A cursor with a right signature and a wrong content."""
    return signing.dumps(random.choice(CURSORS), salt=SALT)


def sendable(value: str) -> str:
    """The value as a header can hold it."""
    return "".join(letter for letter in value if letter.isprintable() and ord(letter) < 256)[:4_000]


def value(random: Random, keys: tuple[str, ...], *, depth: int = 0) -> Any:
    """A value for JSON."""
    chance = random.random()
    if chance < 0.5 or depth > 3:
        return text(random, keys)
    if chance < 0.6:
        return random.choice((None, True, False, 0, -1, 1.5, 2**63, 10**400, []))
    if chance < 0.8:
        return [value(random, keys, depth=depth + 1) for _ in range(random.randrange(3))]
    names = (text(random, keys) for _ in range(random.randrange(3)))
    return {name: value(random, keys, depth=depth + 1) for name in names}
