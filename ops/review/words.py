"""An audit entry in words, for the list and the entry's page alike."""

from collections.abc import Mapping

from django.utils.html import format_html
from django.utils.safestring import SafeString

from ops.audit.models import AuditEntry
from ops.display.formatting import number_text


def who_html(entry: AuditEntry) -> SafeString:
    """The person and what they were, or the console itself."""
    name: str = "the console"
    if entry.actor_id is not None or entry.actor != "system":
        name = format_html(
            '<span class="{}">{}</span>', "soft" if entry.actor_id is None else "strong", entry.actor
        )
    return format_html('{} <span class="soft">{}</span>' if entry.roles else "{}", name, entry.roles)


def counts_of(entry: AuditEntry) -> str:
    """`3 done, 1 skipped`; `2 refused`."""
    counts = entry.counts_value
    if entry.outcome != AuditEntry.Outcome.REFUSED:
        return counts_text(counts)
    return f"{number_text(counts['requested'])} refused" if counts.get("requested") else ""


def counts_text(counts: Mapping[str, int]) -> str:
    """`3 done, 1 skipped`."""
    shown = ((counts.get(name, 0), name) for name in ("done", "skipped", "failed"))
    return ", ".join(f"{number_text(count)} {name}" for count, name in shown if count)
