"""The filters of jobs and of a job's items, shared by page and API."""

from typing import Any

import django_filters
from django.db.models import QuerySet

from ops.jobs.models import Job, JobItem
from ops.lists.filters import StrictFilterSet

OUTCOMES = (("pending", "Pending"), ("done", "Done"), ("skipped", "Skipped"), ("failed", "Failed"))


class JobFilter(StrictFilterSet):
    """Jobs by verb, state and person."""

    verb = django_filters.CharFilter(label="Verb", help_text="Such as runs.cancel.")
    state = django_filters.MultipleChoiceFilter(choices=Job.State.choices, distinct=False, label="State")
    actor = django_filters.CharFilter(label="Person", help_text="User name.")

    class Meta:
        model = Job
        fields: tuple[str, ...] = ()

    def filter_queryset(self, queryset: QuerySet[Job]) -> QuerySet[Job]:
        """What django-filter asks for once the parameters are valid."""
        values, jobs = self.form.cleaned_data, queryset
        if values["verb"]:
            jobs = jobs.filter(verb=values["verb"])
        if values["state"]:
            jobs = jobs.filter(state__in=values["state"])
        return jobs.filter(actor=values["actor"]) if values["actor"] else jobs


class ItemFilter(StrictFilterSet):
    """Items of one job by outcome and id."""

    outcome = django_filters.MultipleChoiceFilter(choices=OUTCOMES, distinct=False, label="Outcome")
    id = django_filters.CharFilter(label="Id", help_text="The whole id of a run.")

    class Meta:
        model = JobItem
        fields: tuple[str, ...] = ()

    def __init__(self, data: Any, queryset: QuerySet[JobItem], **options: Any) -> None:
        """Without a default: the items of all jobs are never what is asked for."""
        super().__init__(data, queryset, **options)

    def filter_queryset(self, queryset: QuerySet[JobItem]) -> QuerySet[JobItem]:
        """What django-filter asks for once the parameters are valid."""
        values, items = self.form.cleaned_data, queryset
        if values["outcome"]:
            items = items.filter(outcome__in=values["outcome"])
        return items.filter(target=values["id"].strip()) if values["id"] else items
