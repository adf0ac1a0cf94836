"""What a person may set when confirming a job, besides the reason."""

from typing import Any

from django import forms
from django.http import QueryDict

from ops.jobs.lifecycle import PACE
from ops.jobs.models import Job
from ops.operations.operation import get_operation
from ops.platform.errors import InvalidInput


class PaceForm(forms.Form):
    """Rate and brake of a job that makes new work for the engine."""

    feed = forms.FloatField(
        required=False,
        min_value=PACE["feed"][0],
        max_value=PACE["feed"][1],
        label="New runs per second",
        help_text="Queued at most ten seconds ahead, so that a stop takes effect. Leave empty for no limit.",
    )
    brake = forms.IntegerField(
        required=False,
        min_value=int(PACE["brake"][0]),
        max_value=int(PACE["brake"][1]),
        label="Stop above this failure rate (%)",
        help_text="Checked every few seconds once 20 of the new runs have ended. Leave empty for no brake.",
    )


def asked_of(job: Job, data: QueryDict | None = None) -> list[forms.Form]:
    """The forms of its confirmation, filled with what it was made with or with what was sent.

    An undo does exactly what takes the other job back: nothing about it is chosen.
    """
    operation = get_operation(job.verb)
    found: list[forms.Form] = []
    if job.relation != "undo":
        found.append(operation.form_for(0, data))
    if operation.feed is not None:
        found.append(PaceForm(data))
    for form in found:
        form.initial = job.parameters_value | feed_of(job)
    return [form for form in found if form.fields]


def feed_of(job: Job) -> dict[str, Any]:
    """What the job's rate and brake are now, as a form shows them."""
    return {"feed": None if job.feed is None else f"{job.feed:g}", "brake": job.brake}


def rate_form(job: Job) -> PaceForm | None:
    """The form that changes rate and brake once the job was started; None for a verb that makes no runs."""
    return PaceForm(initial=feed_of(job)) if get_operation(job.verb).feed is not None else None


def rate_from(data: QueryDict) -> dict[str, Any]:
    """Rate and brake as they were sent; InvalidInput by field."""
    form = PaceForm(data)
    if not form.is_valid():
        raise InvalidInput({name: " ".join(map(str, texts)) for name, texts in form.errors.items()})
    return form.cleaned_data


def parameters_of(shown: list[forms.Form]) -> dict[str, Any]:
    """The verb's parameters that were sent with the forms, as far as they can be used."""
    sent = [form for form in shown if form.is_bound and not isinstance(form, PaceForm) and form.is_valid()]
    return {name: value for form in sent for name, value in form.cleaned_data.items()}


def settings_of(job: Job, data: QueryDict) -> dict[str, Any]:
    """`pace` and `parameters` for confirming it; nothing where the forms weren't sent along."""
    if "settings" not in data:
        return {}
    forms_sent = asked_of(job, data)
    if get_operation(job.verb).feed is None and any(data.get(name) for name in PaceForm.base_fields):
        forms_sent.append(PaceForm(data))  # to be refused with the reason
    if faults := {
        name: " ".join(map(str, text)) for form in forms_sent for name, text in form.errors.items()
    }:
        raise InvalidInput(faults)
    found: dict[str, Any] = {}
    for form in forms_sent:
        found["pace" if isinstance(form, PaceForm) else "parameters"] = form.cleaned_data
    return found
