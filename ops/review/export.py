"""The filtered audit log as a file: CSV for people, NDJSON as the API tells it."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST

from ops.access.actors import actor_of
from ops.access.guards import page
from ops.audit import log, verbs
from ops.audit.models import AuditEntry
from ops.lists import export
from ops.platform.errors import InvalidInput
from ops.review.api import AuditEntrySerializer
from ops.review.filters import NEWEST_FIRST, AuditFilter
from ops.review.functions import functions_of
from ops.review.redaction import PAYLOADS

SLICE = 200
HEAD = (
    "number",
    "at",
    "outcome",
    "verb",
    "what",
    "reason",
    "functions",
    "requested",
    "done",
    "skipped",
    "failed",
    "actor",
    "roles",
    "door",
    "address",
    "request_id",
)
COUNTS = ("requested", "done", "skipped", "failed")


@require_POST
@page("ops.view_auditentry")
def audit_export(request: HttpRequest) -> HttpResponseBase:
    """What matches the address's filter, streamed; a POST, because the export itself is audited."""
    kind = request.POST.get("format", "")
    asked = AuditFilter(request.GET)
    try:
        found, words = asked.found, asked.in_words()
        if kind not in export.TYPES:
            raise InvalidInput({"format": f"Give one of: {', '.join(export.TYPES)}."})
    except InvalidInput as error:
        context = {"title": "Audit", "headline": "Nothing was exported", "text": str(error), "back": "/audit"}
        return render(request, "ops/refused.html", context, status=400)
    entry = log.record(
        actor=actor_of(request, door="page"),
        verb="audit.export",
        parameters={"filter": words, "format": kind},
    )
    text = TEXTS[kind](request, found.filter(pk__lt=entry.pk))
    return export.download(text, name="audit", kind=kind)


def as_csv(request: HttpRequest, found: "QuerySet[AuditEntry]") -> Iterator[str]:
    """A line per entry; parameters are in NDJSON alone."""
    entries = found.defer("parameters", "user_agent", "items_digest", "previous", "hash")
    parts = export.slices(entries, NEWEST_FIRST, size=SLICE)
    return export.csv_text(HEAD, (list(cells_of(part)) for part in parts))


def cells_of(entries: list[AuditEntry]) -> Iterator[list[Any]]:
    """The cells of each entry."""
    functions = functions_of(entries)
    for entry in entries:
        counts = entry.counts_value
        yield [
            entry.pk,
            entry.at.isoformat(),
            entry.outcome,
            entry.verb,
            verbs.words_of(entry.verb),
            entry.reason,
            functions[entry.pk].whole,
            *(counts.get(name, "") for name in COUNTS),
            entry.actor,
            entry.roles,
            entry.door,
            entry.address,
            entry.request_id,
        ]


def as_ndjson(request: HttpRequest, found: "QuerySet[AuditEntry]") -> Iterator[str]:
    """A line per entry, with what the API shows of it to the same person."""
    context = {"sees_payloads": request.user.has_perm(PAYLOADS)}
    parts = export.slices(found, NEWEST_FIRST, size=SLICE)
    return export.ndjson_text(
        [AuditEntrySerializer(entry, context=context).data for entry in part] for part in parts
    )


TEXTS = {"csv": as_csv, "ndjson": as_ndjson}
