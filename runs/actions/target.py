"""How runs are frozen into the items of a job."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone

from ops.engine.fields import EngineIdField
from ops.engine.ids import stored_forms
from ops.lists.pagination import capped_count, merged, text_of
from ops.operations.targets import Target, register
from ops.platform.errors import InvalidInput
from runs.actions.drift import drift
from runs.criteria import RunCriteria
from runs.filters import RunFilter, criteria_of
from runs.models import Replay, Run
from runs.querysets import function_ids
from runs.states import Status, state_expression

NEWEST = ["-id"]
# The most runs of a job whose status is read one by one.
COUNTED = 20_000


def frozen(data: Any, *, everything: bool) -> dict[str, Any]:
    """A filter's parameters with every relative time made absolute, and without what doesn't exist yet.

    Raises InvalidInput for an invalid filter, and for an empty one unless `everything` is said.
    """
    criteria = RunFilter(data).checked_criteria()
    if criteria == RunCriteria() and not everything:
        raise InvalidInput({"filter": "The filter is empty. Give all=true to select every run."})
    now = timezone.now()
    until = min(criteria.created_to or now, now)
    if criteria.created_from and criteria.created_from >= until:
        raise InvalidInput(
            {"created_from": "It is in the future. A job acts only on runs that exist already."}
        )
    return parameters_of(criteria) | {"created_to": text_of(until)}


def parameters_of(criteria: RunCriteria) -> dict[str, Any]:
    """The criteria as a filter's parameters, the empty ones left out."""
    start = criteria.created_from
    parameters = {
        "state": list(criteria.states),
        "status": list(criteria.statuses),
        "function_id": list(criteria.function_ids),
        "event_id": list(criteria.event_ids),
        "created_from": text_of(start) if start else "",
        "worker": criteria.worker,
        "has_error": "" if criteria.has_error is None else str(criteria.has_error).lower(),
        "attempt": "" if criteria.attempt is None else str(criteria.attempt),
        "job": "" if criteria.job is None else str(criteria.job),
        "q": criteria.search,
    }
    return {name: value for name, value in parameters.items() if value}


def matching(values: dict[str, Any], below: str | None, limit: int) -> QuerySet[Any, Any]:
    """The newest rows that match, beginning below an id."""
    criteria = criteria_of(values)
    names = names_for(criteria)
    if below is None:
        branches = Run.objects.branches(criteria, names=names)
    else:
        # Of two upper bounds SQLite takes the first for its index, and reads all between them again.
        lower = Run.objects.branches(replace(criteria, created_to=None), names=names)
        bounds = Q(id__lt=below, created_at__lt=criteria.created_to)
        branches = [branch.filter(bounds) for branch in lower]
    chosen = merged(branches, by=NEWEST, limit=limit) if branches else Run.objects.filter(pk__among=())
    return frozen_columns(chosen).order_by(*NEWEST)[:limit]


def given(ids: Sequence[str]) -> QuerySet[Any, Any]:
    """The rows of the ids that exist."""
    return frozen_columns(Run.objects.filter(pk__among=stored_forms(ids).values()))


def frozen_columns(rows: QuerySet[Run]) -> QuerySet[Any, Any]:
    """With what an item keeps of a run."""
    seen = rows.annotate(seen_state=state_expression(now=timezone.now()), seen_group=F("function_id"))
    return seen.values("id", "seen_state", "seen_group", "created_at")


def count(parameters: dict[str, Any]) -> int:
    """How many match frozen parameters now, capped."""
    criteria = criteria_of(RunFilter(parameters).checked())
    return capped_count(Run.objects.branches(criteria, names=names_for(criteria)))


def names_for(criteria: RunCriteria) -> Sequence[str]:
    """The functions among which a frozen search looks: all that had a run when it was frozen."""
    return function_ids(since=criteria.created_to) if criteria.search else ()


def fared(items: QuerySet[Any]) -> tuple[int, int]:
    """Of the runs that the items' verb made: how many have ended, and how many of those failed."""
    made = items.exclude(result="").annotate(made=Cast("result", EngineIdField())).values("made")
    ended = Run.objects.filter(pk__in=made).exclude(status__in=Status.open())
    found = ended.aggregate(ended=Count("pk"), failed=Count("pk", filter=Q(status=Status.FAILED)))
    return found["ended"], found["failed"]


def made(job: int) -> dict[str, int]:
    """How many runs the job made, by what they are now, `made` with all of them.

    Of a large job the completed ones are what is left: all others are found by an index.
    """
    runs = Run.objects.made_by(job)
    total = Replay.objects.made_by(job).count()
    found = runs if total <= COUNTED else runs.exclude(status=Status.COMPLETED)
    counts = dict.fromkeys(Status.values, 0)
    counts |= dict(found.order_by().values_list("status").annotate(Count("pk")))
    if total > COUNTED:
        counts[Status.COMPLETED] = total - sum(counts.values())
    return {"made": total} | {str(status): count for status, count in counts.items()}


register(
    Target(
        model="runs.run",
        noun="run",
        filter=RunFilter,
        frozen=frozen,
        matching=matching,
        given=given,
        count=count,
        fared=fared,
        made=made,
        drift=drift,
    )
)
