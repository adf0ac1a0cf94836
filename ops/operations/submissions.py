"""Forms that are sent twice: what they ask is done once, and each answer leads to its result.

Every form carries a key of its own, made when it was rendered (`{% once %}`). The same form with the same
fields, sent again by a double click or a reload, by another tab or to another process, finds the row that the
first one inserted; if the first is still at work, it waits for it.
"""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from hashlib import sha256

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.safestring import SafeString, mark_safe

from ops.api.idempotency import done_once
from ops.platform.errors import InvalidInput

FIELD = "once"
KEY = re.compile(r"[\w-]{16,64}", re.ASCII)


class SeeOther(HttpResponseRedirect):
    """After a POST: go and look there."""

    status_code = 303


@dataclass(frozen=True)
class Done:
    """Where a form leads that did what it asks, and what is said there."""

    location: str
    text: str = ""
    level: int = messages.SUCCESS


def submitted(request: HttpRequest, do: Callable[[], Done]) -> SeeOther:
    """Do it, unless this very form was sent before, and go where it leads.

    What `do` raises passes through; then nothing was done, and the form may be sent again.
    """
    key = request.POST.get(FIELD, "")
    done = remembered(request, key, do) if key else do()
    if done.text:
        messages.add_message(request, done.level, done.text)
    return SeeOther(done.location)


def remembered(request: HttpRequest, key: str, do: Callable[[], Done]) -> Done:
    """What the form did, now or when it was sent first."""
    if not KEY.fullmatch(key):
        raise InvalidInput({FIELD: "This is no key of a form. Open the page again and send its form."})
    digest = digest_of(request)
    own_key = f"form {key} {digest[:16]}"
    user_id = request.user.pk or 0
    _, answer = done_once(user_id=user_id, key=own_key, digest=digest, do=lambda: (303, plain(do())))
    text = mark_safe(answer["text"]) if answer["is_html"] else answer["text"]  # noqa: S308 - as said at first
    return Done(answer["location"], text, answer["level"])


def plain(done: Done) -> dict[str, object]:
    """As JSON; whether the text is HTML must not be lost."""
    return asdict(done) | {"is_html": isinstance(done.text, SafeString)}


def digest_of(request: HttpRequest) -> str:
    """What makes a form the same as another: its address and every field, but for the masked CSRF token."""
    fields = sorted(field for field in request.POST.lists() if field[0] != "csrfmiddlewaretoken")
    text = f"{request.get_full_path()} {fields!r}"
    return sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
