"""Every question asked of runs and steps."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from itertools import product
from typing import TYPE_CHECKING, Any, Self

from django.core.cache import cache
from django.db import OperationalError, connection, models, transaction
from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Concat, Left
from django.utils import timezone

from ops.engine.ids import MANY, SLACK, first_id_at, sought
from ops.lists.spread import FEW, Branch, branches_of
from runs.criteria import RunCriteria
from runs.headline import HEAD, Ends, ErrorTail
from runs.ordering import orders_by_id
from runs.replays import Replay
from runs.sql import FUNCTION_IDS, LOCK_OPEN
from runs.states import Status, is_state, state_expression, status_of

if TYPE_CHECKING:
    from runs.models import Run, Step  # noqa: F401 - named in strings below

LIST_COLUMNS = (
    "id",
    "function_id",
    "event_id",
    "event__name",
    "status",
    "attempt",
    "max_attempts",
    "created_at",
    "started_at",
    "ended_at",
    "locked_until",
    "locked_by",
    "run_after",
)
LOCKED_COLUMNS = ("id", "status", "ended_at", "locked_until", "locked_by")
# What nearly every run that is cancelled by the thousand is, but for its id.
WAITING = {"status": Status.QUEUED.value, "ended_at": None, "locked_until": None, "locked_by": None}
# SQLite takes any range for a quarter of the table and reads all runs of a function or a day: name the few.
RARE = 100
# For all locks together, and only here: who waits for a lock of ours may look for a deadlock after a second.
SHORT_WAIT = "SET LOCAL statement_timeout = '500ms'"
USUAL_WAIT = "SET LOCAL statement_timeout TO DEFAULT"


Columns = dict[str, Any]


class RunQuerySet(models.QuerySet["Run"]):
    """Runs, by name of the question."""

    def for_list(self, *more: str) -> Self:
        """The columns a list shows, and others: no payloads, and of the error both ends."""
        return self.select_related("event").with_error_ends().only(*LIST_COLUMNS, *more)

    def with_error_ends(self) -> Self:
        """With the beginning of the error and the end of the rest, from which its headline is told."""
        return self.annotate(error_head=Left("error", HEAD), error_tail=ErrorTail())

    def newest_errors(self, limit: int) -> list[Ends]:
        """Both ends of the errors of the newest runs."""
        newest = self.with_error_ends().order_by("-created_at")[:limit]
        return [Ends.read(head, tail) for head, tail in newest.values_list(F("error_head"), F("error_tail"))]

    def with_state(self) -> Self:
        """With the derived state as the column `derived_state`."""
        return self.annotate(derived_state=state_expression(now=timezone.now()))

    def in_state(self, state: str) -> Self:
        """Runs that a person sees in this state now."""
        return self.filter(is_state(state, now=timezone.now()))

    def stuck(self) -> Self:
        """Running, with a lease that has run out."""
        return self.in_state("stuck")

    def open(self) -> Self:
        """Runs that can still go on."""
        return self.filter(status__in=Status.open())

    def of_event(self, event_id: str) -> Self:
        """The runs that the event triggered, oldest first."""
        return self.filter(event_id=event_id).order_by("created_at", "id")

    def created_between(self, start: datetime | None, end: datetime | None) -> Self:
        """Created in [start, end); also as a range of ids where their order is that of creation."""
        created = between("created_at", start, end)
        return self.filter(created & ids_between(start, end)) if orders_by_id() else self.filter(created)

    def listed_between(self, start: datetime | None, end: datetime | None) -> Self:
        """The same for lists in their order.

        Where the ids are the order, they alone decide where to read: PostgreSQL would take the share of the
        ids times that of the times for the share of both, and sort the few rows that it expects.
        """
        created = between("created_at", start, end)
        if not (created and orders_by_id()):
            return self.filter(created)
        hidden = Coalesce(ExpressionWrapper(created, models.BooleanField()), Value(value=True))
        return self.filter(hidden, ids_between(start, end))

    def matching(self, criteria: RunCriteria) -> Self:
        """The runs that meet all conditions but the alternatives of `branches`."""
        found = self.listed_between(criteria.created_from, criteria.created_to)
        if criteria.event_ids:
            found = found.filter(event__id__among=criteria.event_ids)
        if criteria.worker:
            # The engine clears locked_by when a run ends, and only running runs have an index here.
            found = found.filter(status=Status.RUNNING, locked_by=criteria.worker)
        if criteria.has_error is not None:
            found = found.filter(error__isnull=not criteria.has_error)
        if criteria.attempt is not None:
            found = found.filter(attempt=criteria.attempt)
        return found.made_by(criteria.job) if criteria.job is not None else found

    def made_by(self, job: int) -> Self:
        """Runs that a job made.

        Looked for between the first and the last of them: of ids IN a query SQLite makes a list of all first,
        and PostgreSQL would look through all failed runs for those of a job.
        """
        made = Replay.objects.made_by(job)
        first, last = (Subquery(ids.values("run")[:1]) for ids in (made, made.reverse()))
        mine = Replay.objects.filter(job=job, run=OuterRef("pk"))
        return self.filter(Exists(mine), pk__gte=first, pk__lte=last)

    def branches(self, criteria: RunCriteria, *, names: Sequence[str] | None = None) -> list[Branch]:
        """Disjoint parts, whose union is all that match; each can be read in order from an index.

        `names` are the ids of the functions among which a search looks; those of the last half minute if they
        aren't given.
        """
        base, states = self.matching(criteria), states_of(criteria)
        found = list(self.alternatives(criteria, function_ids() if names is None else names))
        few = len(states) * sum(len(functions) or 1 for _, functions in found) <= FEW
        served = not (criteria.event_ids or criteria.worker or criteria.job) and orders_by_id()
        return [
            branch
            for state, (condition, functions) in product(states, found)
            for branch in branches_of(
                base.filter(state, condition), "function_id", functions, few=few, served=served
            )
        ]

    def alternatives(self, criteria: RunCriteria, names: Sequence[str]) -> Iterator[tuple[Q, Sequence[str]]]:
        """Disjoint conditions, each with the functions that it is about: none are all.

        A search finds a run by its id, its event's id, the beginning of one, or part of its function.
        """
        search, asked = criteria.search, criteria.function_ids
        if not search:
            yield Q(), asked
            return
        among = set(asked or names)
        named = [name for name in names if search.lower() in name.lower() and name in among]
        meant = sought(search)
        if meant is None:
            yield from [(Q(), named)] if named else ()
            return
        by_run, by_event = meant.on("id"), meant.on("event__id")
        caused = list(self.model._default_manager.filter(by_event).values_list("pk", flat=True)[: RARE + 1])
        if len(caused) <= RARE:
            by_event = Q(pk__among=caused)
        yield by_run, asked
        if caused:
            yield by_event & ~by_run, asked
        if named:
            yield ~by_run & ~by_event, named

    def open_among(self, ids: AbstractSet[str] | Sequence[str]) -> Self:
        """Those of the ids that are open.

        The status is hidden from the planner: where statistics know of few open runs, as before a burst, it
        would read all of them from the index on status to find the thousand that are named.
        """
        return self.annotate(hidden=Concat("status", Value(""), output_field=models.CharField())).filter(
            pk__among=ids, hidden__in=Status.open()
        )

    def lock_open(self, ids: AbstractSet[str]) -> dict[str, Columns]:
        """The open runs among the ids, locked until the transaction ends: id → columns.

        Never waits for the engine at first, and then at most half a second: heartbeats lock many rows
        in any order, and PostgreSQL would end a deadlock after a second by failing one side, perhaps the
        engine's.
        """
        told = lock_if_free(ids)
        rest = {pk for pk, is_ours in told.items() if not is_ours}
        locked = dict.fromkeys(ids - told.keys(), WAITING) | self.columns_of(told.keys() - rest)
        left = self.open_among(rest)
        if rest and connection.vendor == "postgresql" and left.exists():
            locked |= waited_for(left.order_by("pk").select_for_update(no_key=True).values(*LOCKED_COLUMNS))
        return locked

    def columns_of(self, ids: AbstractSet[str]) -> dict[str, Columns]:
        """id → the columns that say who has the run, for the ids that exist."""
        rows = self.filter(pk__among=ids).values(*LOCKED_COLUMNS) if ids else ()
        return {row["id"]: row for row in rows}


class StepQuerySet(models.QuerySet["Step"]):
    """Steps, by name of the question."""

    def with_begin(self) -> Self:
        """With `begun_at`: when it started, and for one that never did, when it was made."""
        return self.annotate(begun_at=Coalesce("started_at", "created_at"))

    def of_run(self, run_id: str) -> Self:
        """The run's steps in the order in which they began, without payloads."""
        rows = self.filter(run_id=run_id).defer("input", "output", "error")
        return rows.order_by("started_at", "created_at", "id")


def between(column: str, start: object, end: object) -> Q:
    """The column's value is in [start, end); None is no limit."""
    limits = {f"{column}__gte": start, f"{column}__lt": end}
    return Q(**{name: limit for name, limit in limits.items() if limit is not None})


def ids_between(start: datetime | None, end: datetime | None) -> Q:
    """The id was made in [start, end), or a little before or after it."""
    return between("id", start and first_id_at(start - SLACK), end and first_id_at(end + SLACK))


def states_of(criteria: RunCriteria) -> list[Q]:
    """A condition for each state or status asked for: a state has one status, so their number stays small."""
    now, statuses = timezone.now(), criteria.statuses
    if not criteria.states:
        return [Q(status=status) for status in statuses] or [Q()]
    asked = [state for state in criteria.states if not statuses or status_of(state) in statuses]
    return [is_state(state, now=now) for state in asked]


def lock_if_free(ids: AbstractSet[str]) -> dict[str, bool]:
    """Lock the open runs that nobody else has locked: id → whether it is locked, but for those that wait."""
    statement = LOCK_OPEN[connection.vendor].format(many=MANY[connection.vendor])
    with connection.cursor() as cursor:
        cursor.execute(statement, [json.dumps(list(ids))])
        return {pk: bool(is_ours) for pk, is_ours in cursor.fetchall()}


def waited_for(rows: models.QuerySet[Any, Columns]) -> dict[str, Columns]:
    """The rows, locked after a short wait; none if the wait was too long."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(SHORT_WAIT)
            locked = {row["id"]: row for row in rows}
            cursor.execute(USUAL_WAIT)
            return locked
    except OperationalError:
        return {}


def function_ids(*, since: datetime | None = None) -> list[str]:
    """The ids of all functions that have runs, sorted; at most 30 s old, and read after that moment."""
    read_at, names = cache.get("runs.function_ids") or (None, [])
    if read_at is None or (since and read_at < since):
        read_at, names = timezone.now(), read_function_ids()
        cache.set("runs.function_ids", (read_at, names), timeout=30)
    return list(names)


def read_function_ids() -> list[str]:
    """The same from the database, by hopping along the index on function_id."""
    with connection.cursor() as cursor:
        cursor.execute(FUNCTION_IDS)
        return [name for (name,) in cursor.fetchall()]
