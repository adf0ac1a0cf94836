"""A job and its frozen items; the database owns them, Celery only carries them along."""

import json
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from ops.audit import verbs
from ops.platform.addresses import below


class Job(models.Model):
    """One verb over a frozen list of ids."""

    class State(models.TextChoices):
        """collecting → ready → running → finished, stopped or failed; a stopped job can be resumed.

        A job that was never confirmed can be discarded, which ends it.
        """

        COLLECTING = "collecting", "Collecting"
        READY = "ready", "Ready"
        RUNNING = "running", "Running"
        STOPPED = "stopped", "Stopped"
        FINISHED = "finished", "Finished"
        FAILED = "failed", "Failed"
        DISCARDED = "discarded", "Discarded"

    verb = models.CharField(max_length=100)
    state = models.CharField(max_length=10, choices=State.choices, default=State.COLLECTING)
    explanation = models.CharField(max_length=500, blank=True, help_text="Why it failed or stopped.")
    reason = models.TextField(blank=True)
    parameters = models.TextField(default="{}", help_text="JSON text of the verb's parameters.")
    source = models.TextField(help_text="The filter in words, or what the ids were; never evaluated again.")
    frontier = models.TextField(default="{}", help_text="JSON text: what is left to collect.")
    origin = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="successors")
    relation = models.CharField(max_length=20, blank=True, help_text="To its origin: retry or undo.")

    created_by = models.CharField(max_length=150)
    actor_id = models.BigIntegerField(help_text="No foreign key: the job outlives the person.")
    actor = models.CharField(max_length=150, help_text="Who made it, confirmed it or resumed it last.")
    door = models.CharField(max_length=10)
    address = models.CharField(max_length=45, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    request_id = models.CharField(max_length=64, blank=True)

    total = models.IntegerField(default=0)
    done = models.IntegerField(default=0)
    skipped = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)
    cursor = models.IntegerField(default=0, help_text="Items up to this position have been tried.")
    second_cursor = models.IntegerField(default=0, help_text="Up to here those left over were tried again.")
    # The first one is small: nobody knows yet how long a verb keeps the database.
    chunk = models.IntegerField(default=125, help_text="Items per transaction.")
    duty = models.IntegerField(default=50, help_text="Per cent of the time spent working; 100 is full speed.")
    feed = models.FloatField(null=True, help_text="New runs per second; NULL is as fast as it goes.")
    feed_cursor = models.IntegerField(default=0, help_text="The cursor at which the present rate began.")
    feed_worked = models.FloatField(default=0, help_text="What had been worked when it began.")
    brake = models.IntegerField(null=True, help_text="Stop when more than this per cent of new runs failed.")

    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    worked = models.FloatField(default=0, help_text="Seconds it has been running, stops left out.")
    worked_at = models.DateTimeField(null=True, help_text="Up to when they are counted; NULL after a stop.")
    lease_owner = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True)

    # What a job that was never confirmed may be.
    UNCONFIRMED = (State.COLLECTING, State.READY, State.STOPPED)

    # True in the turn in which a chunk was refused, and the next one has to be smaller to find the culprit.
    narrowing = False

    class Meta:
        default_permissions = ("view",)
        indexes = (models.Index(fields=("state", "lease_until"), name="job_due"),)

    def __str__(self) -> str:
        return f"Job {self.pk}: {self.task}"

    def get_absolute_url(self) -> str:
        return below("admin:ops_job_changelist", str(self.pk))

    @property
    def task(self) -> str:
        """What it is about: `cancel runs`, `undo of job 1`."""
        words = verbs.words_of(self.verb)
        return f"{self.relation} of job {self.origin_id}" if self.relation else words[:1].lower() + words[1:]

    @property
    def name(self) -> str:
        """How a sentence begins that is about it: `Job 2`, `Undo of job 1`."""
        return self.task.capitalize() if self.relation else f"Job {self.pk}"

    @property
    def api_address(self) -> str:
        """Where the API shows it."""
        return f"/api/jobs/{self.pk}"

    @property
    def is_draft(self) -> bool:
        """Whether it was never confirmed and still may be."""
        return self.state in self.UNCONFIRMED and self.started_at is None

    @property
    def expires_at(self) -> datetime | None:
        """When a draft is discarded; None once it was confirmed or has ended."""
        return self.created_at + timedelta(hours=settings.JOB_DRAFT_HOURS) if self.is_draft else None

    @property
    def expires_in(self) -> float:
        """Seconds until a draft is discarded."""
        return max(0.0, (self.expires_at - timezone.now()).total_seconds()) if self.expires_at else 0.0

    @property
    def pending(self) -> int:
        """Items without an outcome."""
        return self.total - self.settled

    @property
    def settled(self) -> int:
        """Items with an outcome; those that are to be tried once more have none."""
        return self.done + self.skipped + self.failed

    @property
    def counts(self) -> dict[str, int]:
        """done, skipped, failed, pending."""
        return {"done": self.done, "skipped": self.skipped, "failed": self.failed, "pending": self.pending}

    @property
    def rate(self) -> float | None:
        """Items per second on average, stops left out; None before the first."""
        return self.settled / self.worked if self.worked > 0 and self.settled else None

    @property
    def shown_rate(self) -> float:
        """The rate as a page shows it: whole, or with a decimal where a whole number would say nothing."""
        rate = self.rate or 0.0
        return round(rate) if rate >= 10 else round(rate, 1)

    @property
    def remaining(self) -> timedelta | None:
        """How long it will take at this rate, or at the one that is set; None unless it is running."""
        if self.state != Job.State.RUNNING or not self.rate:
            return None
        return timedelta(seconds=max(1.0, self.pending / min(self.rate, self.feed or self.rate)))

    @property
    def parameters_value(self) -> dict[str, Any]:
        """The verb's parameters."""
        return dict(json.loads(self.parameters))


class JobItem(models.Model):
    """One id of a job: what it was when the list was frozen, and what became of it."""

    pk = models.CompositePrimaryKey("job_id", "position")
    # No constraint: it would be asked once per item of a million.
    job = models.ForeignKey(
        Job, on_delete=models.CASCADE, related_name="items", db_index=False, db_constraint=False
    )
    position = models.IntegerField()
    target = models.CharField(max_length=255)
    seen_state = models.CharField(max_length=20, blank=True, help_text="When the list was frozen.")
    seen_group = models.CharField(max_length=255, blank=True, help_text="The run's function.")
    seen_created_at = models.DateTimeField(null=True)
    # NULL, because SQLite copies the whole table to add a column that is never NULL.
    expected = models.CharField(  # noqa: DJ001 - as above
        max_length=64, null=True, help_text="As what the job that this one undoes or retries left it."
    )
    mark = models.CharField(  # noqa: DJ001 - as above
        max_length=64, null=True, help_text="As what this job left it, for its undo."
    )
    outcome = models.CharField(max_length=10, default="pending")
    reason = models.TextField(blank=True)
    result = models.CharField(max_length=255, blank=True, help_text="The id of what was made, if anything.")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.target}: {self.outcome}"
