"""The address of a function's page: readable where it can be, right for every id that a database holds.

Browsers and proxies rewrite `.` and `..`, double and trailing slashes and control characters in a path, also
when they are escaped. Ids with any of these, and the empty one, are written as `~` and base64url (RFC 4648).
"""

import re
from base64 import b64decode, urlsafe_b64encode
from binascii import Error
from urllib.parse import quote

LIST = "/functions"
MARK = "~"
REWRITTEN = re.compile(r"(^|/)\.{0,2}(/|$)|[\x00-\x1f\x7f\\]")


def function_url(function_id: str) -> str:
    """Where the function's page is."""
    if function_id.startswith(MARK) or REWRITTEN.search(function_id):
        data = function_id.encode("utf-8", "replace")
        return f"{LIST}/{MARK}{urlsafe_b64encode(data).decode().rstrip('=')}"
    return f"{LIST}/{quote(function_id)}"


def function_at(place: str) -> str | None:
    """The id behind the last part of the address; None if nothing can be there."""
    if not place.startswith(MARK):
        return place
    try:
        data = b64decode(place[1:] + "=" * (-len(place[1:]) % 4), altchars=b"-_", validate=True)
        return data.decode()
    except (Error, ValueError):
        return None
