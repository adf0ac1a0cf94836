"""State and outcome in colour, icon and word; one table for every page."""

from functools import cache

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

# word in the data → (colour class, icon)
LOOKS = {
    "queued": ("queued", "clock"),
    "held": ("held", "pause-circle"),
    "running": ("running", "play-circle"),
    "stuck": ("stuck", "exclamation-triangle"),
    "completed": ("completed", "check-circle"),
    "failed": ("failed", "x-circle"),
    "cancelled": ("cancelled", "no-symbol"),
    "pending": ("queued", "clock"),
    "collecting": ("running", "inbox-arrow-down"),
    "ready": ("held", "hand-raised"),
    "stopped": ("stuck", "stop-circle"),
    "finished": ("completed", "check-circle"),
    "discarded": ("cancelled", "no-symbol"),
    "skipped": ("queued", "forward"),
    "done": ("completed", "check-circle"),
    "performed": ("completed", "check-circle"),
    "refused": ("stuck", "no-symbol"),
    "ok": ("completed", "check-circle"),
    "current": ("completed", "check-circle"),
    "absent": ("queued", "minus-circle"),
    "outdated": ("stuck", "exclamation-triangle"),
    "broken": ("failed", "x-circle"),
}
UNKNOWN = ("queued", "question-mark-circle")


@cache
def icon_html(name: str) -> SafeString:
    """A 16 px icon that is drawn in the colour of its text and not read out.

    The drawing is in one file for all pages, made by `python -m ops.display.icons`: drawn in place, the
    icons of a list were half of its page.
    """
    sprite = static("console/icons.svg")
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', sprite, name)


def badge_html(word: str, size: str = "") -> SafeString:
    """The badge of a state; a word that is not ours is shown as it is."""
    if word in LOOKS:
        return known_badge(word, size)
    return draw(word, word, UNKNOWN, size)


@cache
def known_badge(word: str, size: str) -> SafeString:
    """Badges are the same on every row: drawn once."""
    return draw(word, word.capitalize() if word != "ok" else "OK", LOOKS[word], size)


def draw(word: str, label: str, look: tuple[str, str], size: str) -> SafeString:
    return format_html(
        '<span class="badge badge-{}{}" data-state="{}">{}{}</span>',
        look[0],
        f" badge-{size}" if size else "",
        word,
        icon_html(look[1]),
        label,
    )
