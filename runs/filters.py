"""The filter of runs, shared by page, API, export and job."""

from typing import Any

import django_filters
from django.utils import timezone

from ops.lists.branches import Branches, Window
from ops.lists.filters import (
    EMPTY,
    IdsFilter,
    MomentFilter,
    RepeatedFilter,
    StrictFilterSet,
    WholeNumberFilter,
    YesNoFilter,
)
from runs.criteria import RunCriteria
from runs.models import Run
from runs.states import State, Status

YES_NO = (("", "Any"), ("true", "Yes"), ("false", "No"))


class RunFilter(StrictFilterSet):
    """`checked_criteria()` is what a door acts on; there is no other way from an address to a list."""

    periods = (("created_from", "created_to"),)
    plain = frozenset({"state", "created_from", "function_id", "q"})

    state = django_filters.MultipleChoiceFilter(
        choices=State.choices, distinct=False, label="State", help_text="What a person sees; repeatable."
    )
    status = django_filters.MultipleChoiceFilter(
        choices=Status.choices,
        distinct=False,
        label="Engine status",
        help_text="The engine's own; repeatable.",
    )
    function_id = RepeatedFilter(label="Function", help_text="Exact id; repeatable.")
    event_id = IdsFilter(label="Event", help_text="Whole id; repeatable.")
    created_from = MomentFilter(label="Created from", help_text="ISO 8601, or an age such as 24h; inclusive.")
    created_to = MomentFilter(label="Created before", help_text="ISO 8601, or an age such as 1h; exclusive.")
    worker = django_filters.CharFilter(label="Worker", help_text="Running runs that this worker has leased.")
    has_error = YesNoFilter(label="Has error")
    attempt = WholeNumberFilter(min_value=0, max_value=2**31 - 1, label="Attempt")
    job = WholeNumberFilter(
        min_value=1, max_value=2**63 - 1, label="Made by job", help_text="Number of the job that replayed."
    )
    q = django_filters.CharFilter(label="Search", help_text="Run or event id or its beginning, or function.")

    class Meta:
        model = Run
        fields: tuple[str, ...] = ()

    def filter_queryset(self, queryset: Any) -> Branches:
        """What django-filter asks for once the parameters are valid."""
        values = self.form.cleaned_data
        criteria = criteria_of(values).within_window(now=timezone.now())
        window = Window(criteria.created_from, criteria.created_to) if criteria.windowed else None
        return Branches(narrowed(queryset, type(self), values).branches(criteria), window)

    def checked_criteria(self) -> RunCriteria:
        """The criteria, limited to a window if they need one; InvalidInput if any parameter is wrong."""
        return criteria_of(self.checked()).within_window(now=timezone.now())


# Field of the criteria → filter. What else the filter set has, django-filter applies to the rows.
CRITERIA = {
    "states": "state",
    "statuses": "status",
    "function_ids": "function_id",
    "event_ids": "event_id",
    "created_from": "created_from",
    "created_to": "created_to",
    "worker": "worker",
    "has_error": "has_error",
    "attempt": "attempt",
    "job": "job",
    "search": "q",
}


def criteria_of(values: dict[str, Any]) -> RunCriteria:
    """Clean form values as criteria."""
    found = {field: values[name] for field, name in CRITERIA.items()}
    found |= {"states": tuple(values["state"]), "statuses": tuple(values["status"])}
    others = {name for name, value in values.items() if value not in EMPTY} - set(CRITERIA.values())
    return RunCriteria(**found | {"search": values["q"].strip(), "others": bool(others)})


def narrowed(runs: Any, filters: type[StrictFilterSet], values: dict[str, Any]) -> Any:
    """The runs that filters leave of which the criteria know nothing."""
    for name in values.keys() - CRITERIA.values():
        runs = filters.base_filters[name].filter(runs, values[name])
    return runs
