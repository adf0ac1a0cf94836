"""How runs are frozen into the items of a job."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone

from ops.engine import schema, tables
from ops.engine.fields import EngineIdField
from ops.engine.ids import stored_forms
from ops.lists.pagination import capped_count, merged
from ops.operations.targets import Target, register
from ops.platform.errors import InvalidInput
from runs.actions.drift import drift
from runs.criteria import RunCriteria
from runs.filters import RunFilter, criteria_of, narrowed
from runs.models import Replay, Run
from runs.querysets import function_ids
from runs.states import Status, state_expression

NEWEST = ["-id"]
# The most runs of a job whose status is read one by one.
COUNTED = 20_000


class RunTarget(Target):
    """Runs of the engine."""

    model = "runs.run"
    noun = "run"
    filter = RunFilter

    def require_writable(self, rights: Sequence[schema.Write]) -> None:
        schema.require_writable({tables.UPDATE_RUNS, *rights})

    def keys_of(self, ids: Iterable[str]) -> dict[str, str]:
        return stored_forms(ids)

    def limited(self, values: dict[str, Any]) -> dict[str, Any]:
        """A filter that needs a window gets the last one, and nothing reaches into the future."""
        criteria, now = criteria_of(values).within_window(now=timezone.now()), timezone.now()
        until = min(criteria.created_to or now, now)
        if criteria.created_from and criteria.created_from >= until:
            raise InvalidInput(
                {"created_from": "It is in the future. A job acts only on runs that exist already."}
            )
        return values | {"created_from": criteria.created_from, "created_to": until}

    def matching(self, values: dict[str, Any], below: str | None, limit: int) -> QuerySet[Any, Any]:
        """The newest rows that match, beginning below an id."""
        criteria = criteria_of(values)
        names, rows = names_for(criteria), narrowed(Run.objects.all(), self.filter, values)
        if below is None:
            branches = rows.branches(criteria, names=names)
        else:
            # Of two upper bounds SQLite takes the first for its index, and reads all between them again.
            lower = rows.branches(replace(criteria, created_to=None), names=names)
            bounds = Q(id__lt=below, created_at__lt=criteria.created_to)
            branches = [branch.filter(bounds) for branch in lower]
        chosen = merged(branches, by=NEWEST, limit=limit) if branches else Run.objects.filter(pk__among=())
        return frozen_columns(chosen).order_by(*NEWEST)[:limit]

    def given(self, ids: Sequence[str]) -> QuerySet[Any, Any]:
        return frozen_columns(Run.objects.filter(pk__among=stored_forms(ids).values()))

    def count(self, parameters: dict[str, Any]) -> int:
        values = self.filter(parameters).checked()
        criteria, rows = criteria_of(values), narrowed(Run.objects.all(), self.filter, values)
        return capped_count(rows.branches(criteria, names=names_for(criteria)))

    def made(self, job: int) -> dict[str, int]:
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

    def fared(self, items: QuerySet[Any]) -> tuple[int, int]:
        made = items.exclude(result="").annotate(made=Cast("result", EngineIdField())).values("made")
        ended = Run.objects.filter(pk__in=made).exclude(status__in=Status.open())
        found = ended.aggregate(ended=Count("pk"), failed=Count("pk", filter=Q(status=Status.FAILED)))
        return found["ended"], found["failed"]

    def drift(self, job: int, cursor: int) -> Iterable[str]:
        return drift(job, cursor)


def frozen_columns(rows: QuerySet[Run]) -> QuerySet[Any, Any]:
    """With what an item keeps of a run."""
    seen = rows.annotate(seen_state=state_expression(now=timezone.now()), seen_group=F("function_id"))
    return seen.values("id", "seen_state", "seen_group", "created_at")


def names_for(criteria: RunCriteria) -> Sequence[str]:
    """The functions among which a frozen search looks: all that had a run when it was frozen."""
    return function_ids(since=criteria.created_to) if criteria.search else ()


register(RunTarget())
