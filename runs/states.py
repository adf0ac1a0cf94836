"""The state of a run: what a person sees, derived from the engine's columns here and nowhere else.

held: running, leased by the console itself; stuck: running with a lease that has run out; otherwise the
engine's own status.
"""

from datetime import datetime

from django.db import models
from django.db.models import Case, Q, Value, When

from ops.engine import statuses
from ops.engine.statuses import HOLDER
from ops.engine.values import Timestamp


class Status(models.TextChoices):
    """The engine's `status` column."""

    QUEUED = statuses.QUEUED, "Queued"
    RUNNING = statuses.RUNNING, "Running"
    COMPLETED = statuses.COMPLETED, "Completed"
    FAILED = statuses.FAILED, "Failed"
    CANCELLED = statuses.CANCELLED, "Cancelled"

    @classmethod
    def open(cls) -> frozenset[str]:
        """Statuses from which a run can still go on."""
        return frozenset(statuses.OPEN)


class State(models.TextChoices):
    """What pages, filters, counts and the API's `state` show."""

    QUEUED = "queued", "Queued"
    HELD = "held", "Held"
    RUNNING = "running", "Running"
    STUCK = "stuck", "Stuck"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"

    @property
    def is_open(self) -> bool:
        """True while a worker may still change the run."""
        return status_of(self) in statuses.OPEN


def state_of(status: str, locked_by: str | None, locked_until: datetime | None, *, now: datetime) -> str:
    """The state of one row at the moment `now`; an unknown status is shown as it is."""
    if status != Status.RUNNING:
        return status
    if locked_by == HOLDER:
        return State.HELD
    if locked_until is not None and Timestamp.is_before(locked_until, now):
        return State.STUCK
    return State.RUNNING


def status_of(state: str) -> str:
    """The engine's status of a run that is in the state."""
    return Status.RUNNING if state in {State.HELD, State.STUCK} else state


def is_state(state: str, *, now: datetime) -> Q:
    """The same rule as a condition; statuses are literals, so that partial indexes are found."""
    running = Q(status=Status.RUNNING)
    ours = Q(locked_by=HOLDER)
    leased = Q(locked_until__isnull=True) | Q(locked_until__gte=now)
    match state:
        case State.HELD:
            return running & ours
        case State.STUCK:
            return running & ~ours & Q(locked_until__lt=now)
        case State.RUNNING:
            return running & ~ours & leased
    return Q(status=state)


def state_expression(*, now: datetime) -> Case:
    """The same rule as a column."""
    special = (State.HELD, State.STUCK)
    return Case(
        *(When(is_state(state, now=now), then=Value(state.value)) for state in special),
        default="status",
        output_field=models.CharField(),
    )
