"""What a filter asks for survives being written down: a frozen job reads its filter again."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django_filters import Filter, MultipleChoiceFilter

from events.filters import EventFilter
from functions.filters import FunctionFilter
from ops.jobs.filters import JobFilter
from ops.lists.filters import EMPTY, StrictFilterSet, WholeNumberFilter, YesNoFilter, parameters_of
from ops.operations.targets import get_target
from ops.platform.errors import InvalidInput
from ops.review.filters import AuditFilter
from runs.filters import RunFilter

pytestmark = pytest.mark.django_db
SETS = (RunFilter, EventFilter, FunctionFilter, JobFilter, AuditFilter)
SAMPLES = {
    "created_from": "24h",
    "created_to": "2026-02-22T19:30:00.123456+01:00",
    "event_id": ["01A1FB3441FB7DB1AD1832DA10BFCB0A"],
    "run": ["01A1FB3441FB7DB1AD1832DA10BFCB0A"],
}


def sample(name: str, declared: Filter) -> Any:
    """A value that the filter takes."""
    if name in SAMPLES:
        return SAMPLES[name]
    if (
        choices := [value for value, _ in declared.field.choices]
        if hasattr(declared.field, "choices")
        else []
    ):
        chosen = [value for value in choices if value]
        return chosen[:2] if isinstance(declared, MultipleChoiceFilter) else chosen[0]
    if isinstance(declared, WholeNumberFilter):
        return "7"
    return "true" if isinstance(declared, YesNoFilter) else "2026-02-22"


@pytest.mark.parametrize(
    ("filterset", "name"), [(one, name) for one in SETS for name in one.base_filters], ids=str
)
def test_every_field_of_every_filter_is_read_back_as_it_was_asked(
    filterset: type[StrictFilterSet], name: str
) -> None:
    asked = filterset({name: sample(name, filterset.base_filters[name])}).checked()
    assert asked[name] not in EMPTY
    assert filterset(parameters_of(asked)).checked() == asked


def test_a_filter_that_would_be_read_back_otherwise_is_never_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the way in which values are written had forgotten one of them."""
    monkeypatch.setattr(
        "ops.operations.targets.parameters_of",
        lambda values: {name: value for name, value in parameters_of(values).items() if name != "worker"},
    )
    with pytest.raises(InvalidInput) as refused:
        get_target("runs.run").frozen({"worker": "worker-1", "state": ["running"]}, everything=False)
    assert list(refused.value.fields) == ["worker"]


def test_a_relative_time_is_frozen_as_the_moment_it_meant() -> None:
    frozen = get_target("runs.run").frozen({"created_from": "1h"}, everything=False)
    start = datetime.fromisoformat(frozen["created_from"])
    assert 3590 < (datetime.now(UTC) - start).total_seconds() < 3660
