"""The pages' door to every operation: a confirmation that says what will happen, then the deed.

It knows verbs only through the registry, so a new verb needs nothing here.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.apps import apps
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from ops.access.actors import actor_of
from ops.access.guards import PermissionMissing, page
from ops.audit.log import Change
from ops.engine import extensions
from ops.operations.operation import MAX_IDS, MAX_REASON, Operation, Result, get_operation, operations
from ops.operations.submissions import FIELD, Done, submitted
from ops.platform.errors import EngineMismatch, InvalidInput

ACROSS = "This page can't act on all that match. Select the rows themselves."
SHOWN = 50


class ReasonForm(forms.Form):
    """What every verb asks: why."""

    reason = forms.CharField(
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 3, "autofocus": True}),
        help_text="Recorded in the audit log with your name.",
    )


@dataclass(frozen=True)
class Group:
    """How many of the ids will come to the same end."""

    outcome: str
    text: str


def verbs_for(model: str, user: Any) -> list[Operation]:
    """The verbs registered for a model, as far as the person may use them."""
    return [verb for verb in operations() if verb.model == model and user.has_perm(verb.permission)]


def verbs_of(row: models.Model, user: Any) -> list[Operation]:
    """The verbs to offer for one row, as far as the person may use them."""
    return [verb for verb in verbs_for(row._meta.label_lower, user) if verb.offers(row)]


@require_http_methods(["GET", "HEAD", "POST"])
@page(None)
def operate(request: HttpRequest, verb: str) -> HttpResponse:
    """What the verb would do to the ids; with `confirm` in a POST, do it. Asks the verb's own permission."""
    try:
        operation = get_operation(verb)
    except InvalidInput as error:
        raise Http404(str(error)) from None
    given = request.POST if request.method == "POST" else request.GET
    if "select_across" in given:
        return refuse(request, operation, ACROSS)
    ids = list(dict.fromkeys(given.getlist("ids")))
    if request.method == "POST" and "confirm" in given and "preview" not in given:
        return perform(request, operation, ids)
    if not request.user.has_perm(operation.permission):
        raise PermissionMissing(operation.permission)
    form = operation.form_for(len(ids), given if "preview" in given else None)
    return ask(request, operation, ids, form, reason=given.get("reason", ""))


def ask(
    request: HttpRequest,
    operation: Operation,
    ids: Sequence[str],
    form: forms.Form,
    *,
    reason: str = "",
    back: str = "",
) -> HttpResponse:
    """The confirmation, or why there is none."""
    if fault := fault_of(ids):
        return refuse(request, operation, fault, back=back)
    return confirm(request, operation, ids, ReasonForm(initial={"reason": reason}), form, back=back)


def fault_of(ids: Sequence[str]) -> str:
    """Why these ids can't be shown for confirmation."""
    if not ids:
        return "Nothing was selected. Select at least one row."
    if len(ids) > MAX_IDS:
        return f"At most {MAX_IDS:,} rows at a time; {len(ids):,} were selected."
    return ""


def confirm(
    request: HttpRequest,
    operation: Operation,
    ids: Sequence[str],
    reason: forms.Form,
    form: forms.Form,
    *,
    status: int = 200,
    back: str = "",
) -> HttpResponse:
    """The confirmation: what, how many, what will happen to each, what can't be taken back."""
    changes = operation.preview(ids, chosen(form))
    done = sum(change.outcome == "done" for change in changes)
    context = {
        "title": heading(operation, len(changes)),
        "operation": operation,
        "button": heading(operation, done) if done else "",
        "groups": list(groups_of(operation, changes)),
        "rows": rows_of(operation, changes[:SHOWN]),
        "more": max(0, len(changes) - SHOWN),
        "warnings": list(operation.warnings(ids)),
        "extensions": [extensions.recent()[name] for name in operation.relies_on],
        "reason": reason,
        "form": form,
        "ids": ids,
        "back": back or back_of(request, operation),
    }
    return render(request, "ops/confirm.html", context, status=status)


def chosen(form: forms.Form) -> dict[str, Any]:
    """The parameters that were sent with the form, as far as they can be used."""
    form.full_clean()
    return form.cleaned_data if form.is_bound else {}


def perform(request: HttpRequest, operation: Operation, ids: Sequence[str]) -> HttpResponse:
    """Do it, say what was done, and go back; unusable input is shown at its field and nothing is done."""
    form = operation.form_for(len(ids), request.POST)
    parameters = {name: request.POST[name] for name in form.fields if name in request.POST}
    actor = actor_of(request, door="page")

    def do() -> Done:
        result = operation(ids, actor=actor, reason=request.POST.get("reason", ""), parameters=parameters)
        is_whole = result.counts["done"] == len(result.changes)
        text = summary(operation, result, link=actor.may("ops.view_auditentry"))
        return Done(back_of(request, operation), text, messages.SUCCESS if is_whole else messages.WARNING)

    try:
        return submitted(request, do)
    except InvalidInput as error:
        return ask_again(request, operation, ids, form, error.fields)
    except EngineMismatch as error:
        return refuse(request, operation, str(error), status=409)


def ask_again(
    request: HttpRequest,
    operation: Operation,
    ids: Sequence[str],
    form: forms.Form,
    faults: Mapping[str, str],
) -> HttpResponse:
    """The confirmation again, with the faults; ids that can't be used at all have no confirmation."""
    if "ids" in faults or FIELD in faults:
        return refuse(request, operation, fault_of(ids) or faults.get("ids") or faults[FIELD])
    reason = ReasonForm(request.POST)
    if "reason" in faults:
        reason.errors["reason"] = reason.error_class([faults["reason"]])
    return confirm(request, operation, ids, reason, form, status=400)


def refuse(
    request: HttpRequest, operation: Operation, text: str, *, status: int = 400, back: str = ""
) -> HttpResponse:
    """Nothing was done, and why."""
    context = {"title": operation.label, "text": text, "back": back or back_of(request, operation)}
    return render(request, "ops/refused.html", context, status=status)


def heading(operation: Operation, count: int) -> str:
    """`Cancel 3 runs`."""
    meta = model_of(operation)._meta
    noun = meta.verbose_name if count == 1 else meta.verbose_name_plural
    return f"{operation.word} {count:,} {noun}"


def groups_of(operation: Operation, changes: Sequence[Change]) -> Iterator[Group]:
    """The changes counted by what will happen and why, most first."""
    counted = Counter((change.outcome, change.reason) for change in changes)
    words = {"done": f"will be {operation.past}", "skipped": "will be skipped", "failed": "will fail"}
    for (outcome, reason), count in counted.most_common():
        yield Group(outcome, f"{count:,} {words[outcome]}{': ' + reason if reason else ''}")


def rows_of(operation: Operation, changes: Sequence[Change]) -> list[tuple[Change, models.Model | None]]:
    """Each change with the row that it is about, if there is one."""
    model = model_of(operation)
    targets = [change.target for change in changes if is_key(model, change.target)]
    found = model._default_manager.for_list().in_bulk(targets)  # type: ignore[attr-defined]
    return [(change, found.get(change.target)) for change in changes]


def is_key(model: type[models.Model], text: str) -> bool:
    """Whether the database could hold the text as the model's key at all."""
    try:
        model._meta.pk.get_db_prep_value(text, connection)
    except ValidationError:
        return False
    return True


def summary(operation: Operation, result: Result, *, link: bool) -> str:
    """`3 cancelled, 1 skipped: Already completed.`, with the way to the audit entry."""
    counted = Counter((change.outcome, change.reason) for change in result.changes)
    words = {"done": operation.past, "skipped": "skipped", "failed": "failed"}
    parts = [
        f"{count:,} {words[outcome]}{': ' + reason if reason else ''}"
        for (outcome, reason), count in counted.most_common()
    ]
    text = "; ".join(part.rstrip(".") for part in parts) + "."
    if not link:
        return text
    return format_html('{} <a href="/audit/{}">Details</a>', text, result.entry.pk)


def model_of(operation: Operation) -> type[models.Model]:
    """The model of the verb's ids."""
    return apps.get_model(operation.model)


def back_of(request: HttpRequest, operation: Operation) -> str:
    """Where the person came from, if that is one of our addresses, else the model's list."""
    given = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(given, allowed_hosts=None):
        return given
    meta = model_of(operation)._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
