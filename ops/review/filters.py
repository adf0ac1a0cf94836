"""The filter of the audit log, shared by page and API."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet

from ops.audit import verbs
from ops.audit.models import AuditEntry, AuditItem
from ops.lists.filters import (
    EMPTY,
    IdsFilter,
    MomentFilter,
    RepeatedFilter,
    StrictFilterSet,
    WholeNumberFilter,
)
from ops.lists.pagination import Order

NEWEST_FIRST = Order(columns=("id",))
BY_POSITION = Order(columns=("position",), newest_first=False)


KINDS = [("actions", "Actions only"), ("sign-ins", "Sign-ins")]


class AuditFilter(StrictFilterSet):
    """Each part is served by an index, or by the order of the log."""

    periods = (("at_from", "at_to"),)

    run = IdsFilter(label="Run", help_text="Entries about this run; repeatable.")
    actor = django_filters.CharFilter(label="Actor", help_text="User name; exact.")
    verb = RepeatedFilter(label="Action", help_text="Such as runs.cancel or auth.sign_in; exact; repeatable.")
    outcome = django_filters.MultipleChoiceFilter(
        choices=AuditEntry.Outcome.choices, distinct=False, label="Outcome", help_text="Repeatable."
    )
    job = WholeNumberFilter(label="Job", help_text="Number of a job; shows its entries one by one.")
    group = django_filters.ChoiceFilter(
        choices=[("job", "job"), ("none", "none")],
        label="Group by",
        help_text="job, unless said otherwise: all entries of a job are one row. none: one row each.",
    )
    kind = django_filters.ChoiceFilter(
        choices=KINDS,
        label="Kind",
        help_text="actions: without sign-ins and sign-outs; sign-ins: these alone.",
    )
    at_from = MomentFilter(label="Time from", help_text="ISO 8601, or an age such as 24h; inclusive.")
    at_to = MomentFilter(label="Time before", help_text="ISO 8601, or an age such as 1h; exclusive.")

    class Meta:
        model = AuditEntry
        fields: tuple[str, ...] = ()

    @classmethod
    def words_of(cls, name: str, value: str) -> str:
        return verbs.words_of(value) if name == "verb" else super().words_of(name, value)

    def filter_queryset(self, queryset: "QuerySet[AuditEntry]") -> "QuerySet[AuditEntry]":
        """What django-filter asks for once the parameters are valid."""
        return queryset.filter(conditions(self.form.cleaned_data))


LOOKUPS = {
    "actor": "actor",
    "verb": "verb__in",
    "outcome": "outcome__in",
    "job": "job",
    "at_from": "at__gte",
    "at_to": "at__lt",
}


def conditions(values: dict[str, Any]) -> Q:
    """Clean form values as a condition; each part is served by an index, or by the order of the log."""
    found = Q(**{lookup: values[name] for name, lookup in LOOKUPS.items() if values[name] not in EMPTY})
    if values["run"]:
        found &= Q(id__in=AuditItem.objects.filter(target__in=values["run"]).values("entry_id"))
    if values["kind"]:
        sign_ins = Q(verb__in=verbs.SIGN_INS)
        found &= sign_ins if values["kind"] == "sign-ins" else ~sign_ins
    return found
