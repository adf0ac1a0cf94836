"""Runs and their steps, as the engine stores them."""

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

from events.models import Event
from ops.engine.fields import EngineIdField, EngineJSONField, EngineTextField, EngineTimestampField
from ops.platform.addresses import below
from runs.headline import Ends, headline
from runs.querysets import RunQuerySet, StepQuerySet
from runs.replays import Mode, Replay
from runs.states import State, Status, state_of

__all__ = ["Mode", "Replay", "Run", "Step"]


def elapsed(start: datetime | None, end: datetime | None) -> timedelta | None:
    """End minus start; None when a side is missing, unreadable, or the row has them the wrong way round."""
    if start is None or end is None or end < start:
        return None
    if not all(getattr(side, "known", True) for side in (start, end)):
        return None
    return end - start


class Run(models.Model):
    """One execution of a function for an event; the engine owns the row."""

    Status = Status
    State = State

    id = EngineIdField(primary_key=True)
    function_id = EngineTextField(length=255)
    # NULL never occurs; said here, joins are outer ones, and a run whose event is gone stays in its list.
    event = models.ForeignKey(
        Event,
        on_delete=models.DO_NOTHING,
        related_name="runs",
        null=True,
        db_constraint=False,
        db_index=False,
    )
    status = EngineTextField(length=50)
    attempt = models.IntegerField()
    max_attempts = models.IntegerField()
    input = EngineJSONField()
    output = EngineJSONField(null=True)
    error = EngineTextField(null=True)
    created_at = EngineTimestampField()
    started_at = EngineTimestampField(null=True)
    ended_at = EngineTimestampField(null=True)
    locked_until = EngineTimestampField(null=True)
    locked_by = EngineTextField(length=255, null=True)
    concurrency_key = EngineTextField(length=255, null=True)
    run_after = EngineTimestampField(null=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "function_runs"
        default_permissions = ("view",)
        permissions = (("cancel_run", "Can cancel runs"), ("replay_run", "Can replay runs"))

    def __str__(self) -> str:
        return f"{self.function_id} {self.pk}"

    def get_absolute_url(self) -> str:
        return below("admin:runs_run_changelist", self.pk)

    @property
    def state(self) -> str:
        """What a person sees, now."""
        return state_of(self.status, self.locked_by, self.locked_until, now=timezone.now())

    @property
    def headline(self) -> str:
        """The line of its error that says what went wrong; of a run that was read by `for_list`."""
        return headline(Ends.read(self.error_head, self.error_tail))  # type: ignore[attr-defined]  # annotations

    @property
    def is_open(self) -> bool:
        """Whether it can still go on."""
        return self.status in Status.open()

    @property
    def is_leased(self) -> bool:
        """Whether a worker has or had it, and its time still counts."""
        return self.state in {State.RUNNING, State.STUCK} and self.started_at is not None

    @property
    def waited(self) -> timedelta | None:
        """From creation to the first lease."""
        return elapsed(self.created_at, self.started_at)

    @property
    def ran(self) -> timedelta | None:
        """From the first lease to the end, or to now while a worker has it."""
        if self.state in {State.RUNNING, State.STUCK}:
            return elapsed(self.started_at, timezone.now())
        return elapsed(self.started_at, self.ended_at) if self.status not in Status.open() else None


class Step(models.Model):
    """One step of a run. A retried step overwrites its row; the engine's `attempt` is always 0."""

    id = EngineIdField(primary_key=True)
    run = models.ForeignKey(
        Run, on_delete=models.DO_NOTHING, related_name="steps", db_constraint=False, db_index=False
    )
    step_id = EngineTextField(length=255)
    status = EngineTextField(length=50)
    input = EngineJSONField(null=True)
    output = EngineJSONField(null=True)
    error = EngineTextField(null=True)
    attempt = models.IntegerField()
    created_at = EngineTimestampField()
    started_at = EngineTimestampField(null=True)
    ended_at = EngineTimestampField(null=True)

    objects = StepQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "step_runs"
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.step_id} of {self.run_id}"

    @property
    def saved_only(self) -> bool:
        """True for SDK steps, of which only the moment of saving is kept."""
        return self.ended_at is not None and self.started_at == self.ended_at

    @property
    def ran(self) -> timedelta | None:
        """From start to end; zero for SDK steps, whose start is the moment of saving."""
        return elapsed(self.started_at, self.ended_at)
