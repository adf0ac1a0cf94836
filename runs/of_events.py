"""The runs of events: how many in which state, and the rows themselves."""

from collections.abc import Iterable, Mapping

from django.db.models import Count
from django.utils import timezone

from runs.models import Run
from runs.states import State, state_expression
from runs.views.rows import Row, rows_of

MOST = 100
ORDER = {state.value: number for number, state in enumerate(State)}


def states_by_event(event_ids: Iterable[str]) -> Mapping[str, list[tuple[str, int]]]:
    """Event id → (state, number of its runs), in the order of states. One query; index idx_runs_event."""
    rows = (
        Run.objects.filter(event_id__in=list(event_ids))
        .annotate(derived_state=state_expression(now=timezone.now()))
        .values_list("event_id", "derived_state")
        .annotate(runs=Count("*"))
        .order_by()
    )
    found: dict[str, list[tuple[str, int]]] = {}
    for event_id, state, runs in sorted(rows, key=lambda row: ORDER.get(row[1], len(ORDER))):
        found.setdefault(event_id, []).append((state, runs))
    return found


def runs_of(event_id: str) -> list[Row]:
    """The event's runs, oldest first, as rows of a list; at most MOST and one more."""
    return rows_of(Run.objects.of_event(event_id).for_list()[: MOST + 1])
