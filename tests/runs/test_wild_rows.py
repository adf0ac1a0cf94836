"""Wild rows are read as they are, on both databases."""

from datetime import timedelta

import pytest

from events.models import Event
from runs.models import Run, Step
from runs.states import State
from tests.wild import make_wild_rows

pytestmark = pytest.mark.django_db


def test_every_wild_row_is_read_with_every_derived_value() -> None:
    wild = make_wild_rows()
    runs = {run.pk: run for run in Run.objects.select_related("event")}
    assert {run.pk for run in wild.runs} <= runs.keys()
    for run in runs.values():
        assert run.state in State.values
        assert all(took is None or took >= timedelta(0) for took in (run.waited, run.ran))
        assert str(run).startswith(run.function_id)
    assert {event.pk for event in wild.events} == set(Event.objects.values_list("pk", flat=True))
    assert {step.pk for step in wild.steps} <= set(Step.objects.values_list("pk", flat=True))


def test_payloads_come_back_as_they_were_written() -> None:
    wild = make_wild_rows()
    for run in wild.runs:
        stored = Run.objects.get(pk=run.pk)
        if run.output is None:
            assert stored.output is None
        elif run.function_id != "broken-json":
            assert stored.output is not None
            assert stored.output.value() == run.output.value()
