"""The address of a function's page: readable where it can be, right for every id that a database holds.

Browsers and proxies rewrite `.` and `..`, double and trailing slashes and control characters in a path, also
when they are escaped, and the history of a function ends in `/history`. Ids with any of these, and the empty
one, are written as `~` and base64url (RFC 4648).
"""

import re
from base64 import b64decode, urlsafe_b64encode
from binascii import Error
from urllib.parse import quote

from django.urls import get_script_prefix, register_converter
from django.urls.converters import PathConverter

from ops.platform.addresses import start_of

MARK = "~"
REWRITTEN = re.compile(r"(^|/)\.{0,2}(/|$)|[\x00-\x1f\x7f\\]|/history$")


def function_url(function_id: str) -> str:
    """Where the function's page is."""
    start = start_of("admin:functions_function_changelist", get_script_prefix())
    return f"{start}/{quote(place_of(function_id))}"


def place_of(function_id: str) -> str:
    """The last part of the address."""
    if function_id.startswith(MARK) or REWRITTEN.search(function_id):
        data = function_id.encode("utf-8", "replace")
        return MARK + urlsafe_b64encode(data).decode().rstrip("=")
    return function_id


def function_at(place: str) -> str | None:
    """The id behind the last part of the address; None if nothing can be there."""
    if not place.startswith(MARK):
        return place
    try:
        data = b64decode(place[1:] + "=" * (-len(place[1:]) % 4), altchars=b"-_", validate=True)
        return data.decode()
    except (Error, ValueError):
        return None


class FunctionIdConverter(PathConverter):
    """`<function:object_id>` in an address."""

    def to_python(self, value: str) -> str:
        """The id; a NUL, which no id has, where nothing can be."""
        found = function_at(value)
        return "\x00" if found is None else found

    def to_url(self, value: str) -> str:
        return place_of(value)


register_converter(FunctionIdConverter, "function")
