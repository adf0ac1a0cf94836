"""What the page of one audit entry shows: everything that it did."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.http import HttpRequest

from ops.access.roles import roles_with
from ops.audit.chain import canonical, faults_at
from ops.audit.models import AuditEntry, AuditItem, read_object
from ops.engine.values import Payload
from ops.lists.pagination import Page, paginate
from ops.operations.operation import operations
from ops.platform.addresses import changed
from ops.platform.errors import InvalidInput
from ops.review.filters import BY_POSITION
from ops.review.redaction import PAYLOADS, redacted, withheld
from ops.review.words import counts_of, who_html

ITEMS = 100


@dataclass(frozen=True)
class ItemRow:
    """One target of an entry: where it leads, and its columns that changed."""

    item: AuditItem
    link: str
    changes: list[tuple[str, Any, Any]]


def entry_context(request: HttpRequest, entry: AuditEntry) -> dict[str, Any]:
    """Everything about one entry; its targets in pages."""
    told = entry.parameters_value
    hidden = [] if request.user.has_perm(PAYLOADS) else withheld(told)
    cursor, faults = request.GET.get("cursor", ""), {}
    try:
        items = paginate([entry.items.all()], lambda rows: rows, order=BY_POSITION, size=ITEMS, cursor=cursor)
    except InvalidInput as error:
        items, faults = Page([], None, None), error.fields
    return {
        "title": f"Audit entry {entry.pk}",
        "entry": entry,
        "who": who_html(entry),
        "counts": counts_of(entry),
        "parameters": Payload(canonical(redacted(told)) if hidden else entry.parameters),
        "withheld": hidden,
        "payload_roles": roles_with(PAYLOADS),
        "rows": list(rows_of(entry, items.rows)),
        "next": changed(request.path, request.GET, {"cursor": items.next}) if items.next else "",
        "previous": changed(request.path, request.GET, {"cursor": items.previous}) if items.previous else "",
        "chain": faults_at(entry),
        "faults": faults,
        "status": 400 if faults else 200,
    }


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
