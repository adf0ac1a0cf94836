"""The audit log's pages: the list of entries, and one entry with everything that it did."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from operator import itemgetter
from typing import Any

from django.apps import apps
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from ops.access.guards import page
from ops.access.roles import roles_with
from ops.audit import verbs
from ops.audit.chain import canonical, faults_at
from ops.audit.models import AuditEntry, AuditItem, read_object
from ops.display.fragments import render_part
from ops.engine.values import Payload
from ops.lists.active_filters import Chip, chips_of, joined, since
from ops.lists.pagination import COUNT_CAP, Page, capped_count, paginate
from ops.operations.operation import operations
from ops.platform.addresses import changed
from ops.platform.errors import InvalidInput
from ops.review.filters import BY_POSITION, KINDS, NEWEST_FIRST, AuditFilter
from ops.review.functions import functions_of
from ops.review.places import Places
from ops.review.redaction import PAYLOADS, redacted, withheld

LIST = "/audit"
SIZE = 50
ITEMS = 100
PRESETS = (("", "All entries"), *KINDS)
RANGES = ("1h", "24h", "7d", "30d")
LABELS = {
    "run": "run",
    "actor": "actor",
    "verb": "action",
    "outcome": "outcome",
    "job": "job",
    "group": "grouped by",
    "kind": "kind",
    "at_from": "time",
    "at_to": "before",
}


@dataclass(frozen=True)
class ItemRow:
    """One target of an entry: where it leads, and its columns that changed."""

    item: AuditItem
    link: str
    changes: list[tuple[str, Any, Any]]


class AuditList:
    """One request for the list: the entries asked for, or what is wrong with the address."""

    def __init__(self, data: QueryDict) -> None:
        self.data = data
        self.faults: dict[str, str] = {}
        self.filter = AuditFilter(data)
        self.page = Page([], None, None)
        self.count: int | None = None
        self.is_folded = False
        try:
            self.read()
        except InvalidInput as error:
            self.faults = error.fields

    def read(self) -> None:
        """One page of the list, and how many match."""
        places = Places.of(self.filter)
        cursor, scope, found = self.data.get("cursor", ""), self.address(), places.branches
        turned = paginate(found, newest, order=NEWEST_FIRST, size=SIZE, cursor=cursor, scope=scope)
        self.page, self.is_folded = replace(turned, rows=places.told(turned.rows)), places.folded
        alone = not (turned.next or turned.previous)
        self.count = len(turned.rows) if alone else capped_count(found)

    def address(self, **changes: str | None) -> str:
        """The list's address with other values."""
        return changed(LIST, self.data, changes)

    def beside(self, cursor: str | None) -> str:
        """The address of a neighbouring page."""
        return self.address(cursor=cursor) if cursor else ""

    @cached_property
    def chips(self) -> list[Chip]:
        """The filters that are on."""
        return chips_of(self.data, LABELS, self.address, worded, periods={"at_from": "at_to"})


def worded(name: str, texts: list[str]) -> str:
    """The values of a filter: verbs and kinds by their words, the time as `last 24 h`."""
    if name == "at_from":
        return since(texts[-1])
    words = {"verb": verbs.WORDS, "kind": dict(KINDS)}.get(name, {})
    return joined(name, [words.get(text, text) for text in texts])


def newest(entries: Any) -> Any:
    """The columns that the list shows."""
    return entries.defer("parameters", "user_agent", "items_digest", "previous", "hash")


@require_safe
@page("ops.view_auditentry")
def audit_list(request: HttpRequest) -> HttpResponse:
    """The entries, newest first; the table alone for htmx."""
    asked = AuditList(request.GET)
    functions = functions_of(asked.page.rows)
    outcomes = [(value, value in asked.data.getlist("outcome")) for value in AuditEntry.Outcome.values]
    context = {
        "title": "Audit",
        "asked": asked,
        "cap": COUNT_CAP,
        "next": asked.beside(asked.page.next),
        "previous": asked.beside(asked.page.previous),
        "outcomes": outcomes,
        "verbs": verb_choices(asked.data.getlist("verb")),
        # What the form has no field for stays as it is.
        "kept": [(name, asked.data[name]) for name in ("kind", "job", "group") if asked.data.get(name)],
        "presets": presets_of(asked),
        "export": changed("/audit/export", asked.data, {}),
        "rows": [(entry, functions[entry.pk]) for entry in asked.page.rows],
        "ranges": [(text, asked.address(at_from=text, at_to=None)) for text in RANGES],
    }
    status = 400 if asked.faults else 200
    return render_part(
        request, page="ops/audit.html", fragment="ops/_audit_list.html", context=context, status=status
    )


def verb_choices(chosen: list[str]) -> list[tuple[str, str, bool]]:
    """Every verb, also one that only the address knows, with its words and whether it is chosen."""
    names = verbs.WORDS.keys() | set(filter(None, chosen))
    return sorted(((name, verbs.words_of(name), name in chosen) for name in names), key=itemgetter(1))


def presets_of(asked: AuditList) -> list[tuple[str, str, bool]]:
    """All entries, or one kind of them: words, address and whether it is on."""
    on = asked.data.get("kind", "")
    return [(text, asked.address(kind=kind or None), on == kind) for kind, text in PRESETS]


@require_safe
@page("ops.view_auditentry")
def audit_entry(request: HttpRequest, number: int) -> HttpResponse:
    """Everything about one entry; its targets in pages."""
    entry = get_object_or_404(AuditEntry, pk=number)
    told = entry.parameters_value
    hidden = [] if request.user.has_perm(PAYLOADS) else withheld(told)
    cursor, faults = request.GET.get("cursor", ""), {}
    try:
        items = paginate([entry.items.all()], lambda rows: rows, order=BY_POSITION, size=ITEMS, cursor=cursor)
    except InvalidInput as error:
        items, faults = Page([], None, None), error.fields
    context = {
        "title": f"Audit entry {number}",
        "entry": entry,
        "parameters": Payload(canonical(redacted(told)) if hidden else entry.parameters),
        "withheld": hidden,
        "payload_roles": roles_with(PAYLOADS),
        "rows": list(rows_of(entry, items.rows)),
        "next": changed(request.path, request.GET, {"cursor": items.next}) if items.next else "",
        "previous": changed(request.path, request.GET, {"cursor": items.previous}) if items.previous else "",
        "chain": faults_at(entry),
        "faults": faults,
    }
    status = 400 if faults else 200
    return render_part(
        request, page="ops/audit_entry.html", fragment="ops/_audit_items.html", context=context, status=status
    )


def rows_of(entry: AuditEntry, items: list[AuditItem]) -> Iterator[ItemRow]:
    """The items as the table shows them."""
    model = model_of(entry.verb)
    for item in items:
        link = model(pk=item.target).get_absolute_url() if model else ""
        yield ItemRow(item, link, list(changes_of(item)))


def model_of(verb: str) -> Any:
    """The model of the verb's targets; None for a verb that is not registered any more."""
    found = [operation.model for operation in operations() if operation.name == verb]
    return apps.get_model(found[0]) if found else None


def changes_of(item: AuditItem) -> Iterator[tuple[str, Any, Any]]:
    """Column, before and after, of the columns that changed."""
    before, after = read_object(item.before), read_object(item.after)
    for name in [*before, *(name for name in after if name not in before)]:
        if name not in before or name not in after or before[name] != after[name]:
            yield name, before.get(name), after.get(name)
