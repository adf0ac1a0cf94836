"""Which run was made from which: a replay, its origin, and the first run of the family."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

from django.db import models

from ops.engine.fields import EngineIdField

if TYPE_CHECKING:
    from django.db.models import QuerySet


class Mode(models.TextChoices):
    """Where a replay begins."""

    START = "start", "From the start"
    FAILED_STEP = "failed-step", "From the failed step"


class ReplayQuerySet(models.QuerySet["Replay"]):
    """Replays, by name of the question."""

    def made_by(self, job: int) -> Self:
        """Those that the job made, in the order of their runs; index runs_replay_job."""
        return self.filter(job=job).order_by("run")

    def made_from(self, run_ids: Iterable[str]) -> Self:
        """Those whose origin is one of the runs."""
        return self.filter(origin__among=run_ids)

    def around(self, run_id: str) -> Self:
        """The replay that made the run, and those made from it, oldest first."""
        return self.filter(models.Q(pk=run_id) | models.Q(origin=run_id)).order_by("generation", "pk")

    def family(self, run_id: str) -> QuerySet[Replay]:
        """Every replay of the family that the run belongs to, oldest first."""
        mine = self.filter(pk=run_id).values_list("root", flat=True).first()
        return self.filter(root=mine or run_id).order_by("generation", "pk")


class Replay(models.Model):
    """The console's note beside a run that it made; the engine knows nothing of it."""

    run = EngineIdField(primary_key=True, help_text="The new run.")
    origin = EngineIdField(db_index=True, help_text="The run that was replayed.")
    root = EngineIdField(db_index=True, help_text="The first run of the family.")
    generation = models.IntegerField(help_text="1 for a replay of an original.")
    mode = models.CharField(max_length=12, choices=Mode.choices)
    edited = models.BooleanField(help_text="With an input of its own, by a new event.")
    job = models.BigIntegerField(null=True, help_text="The job that made it, if one did; no foreign key.")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ReplayQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        indexes = (models.Index(fields=("job", "run"), name="runs_replay_job"),)

    def __str__(self) -> str:
        return f"{self.run} replays {self.origin}"
