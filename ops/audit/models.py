"""The audit log's tables: entries, their items, and the head of the chain."""

import json
from typing import Any

from django.db import models

from ops.platform.addresses import below

GENESIS = "0" * 64


def read_object(text: str) -> dict[str, Any]:
    """The JSON object in a column; one that was tampered with is shown as it is."""
    try:
        value = json.loads(text) if text else {}
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {"unreadable": text}


class AuditEntry(models.Model):
    """One attempt to change something, or one sign-in; append-only by database trigger."""

    class Outcome(models.TextChoices):
        """How the attempt ended; what happened to each id is in the items."""

        PERFORMED = "performed", "Performed"
        REFUSED = "refused", "Refused"
        FAILED = "failed", "Failed"

    id = models.BigIntegerField(primary_key=True, help_text="1, 2, 3 …: a gap is a removed entry.")
    at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=150)
    actor_id = models.BigIntegerField(null=True, help_text="No foreign key: the entry outlives the person.")
    roles = models.CharField(max_length=255, help_text="The actor's groups at that time.")
    door = models.CharField(max_length=10)
    address = models.CharField(max_length=45)
    user_agent = models.CharField(max_length=300)
    request_id = models.CharField(max_length=64)
    verb = models.CharField(max_length=100)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    job = models.BigIntegerField(null=True, help_text="The job in its parameters, for an index.")
    reason = models.TextField()
    parameters = models.TextField(help_text="JSON text, sorted keys.")
    counts = models.TextField(help_text="JSON text: requested, done, skipped, failed.")
    digest_version = models.SmallIntegerField(help_text="Which form its digests have: docs/audit-chain.md.")
    items_digest = models.CharField(max_length=64)
    key = models.CharField(max_length=8, help_text="Fingerprint of the key that signed this entry.")
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    # Where the list shows a job in one row: how many of its entries match, and the job.
    entries = 1
    of_job: Any = None
    job_link = ""

    class Meta:
        verbose_name_plural = "audit entries"
        default_permissions = ("view",)
        indexes = (
            models.Index(fields=("verb", "id"), name="audit_verb"),
            models.Index(fields=("actor", "id"), name="audit_actor"),
            models.Index(fields=("outcome", "id"), name="audit_outcome"),
            models.Index(fields=("job", "id"), name="audit_job"),
        )

    def __str__(self) -> str:
        return f"#{self.pk} {self.verb} by {self.actor}"

    def get_absolute_url(self) -> str:
        return below("admin:ops_auditentry_changelist", str(self.pk))

    @property
    def noted(self) -> str:
        """What `manage.py audit verify --expect` takes."""
        return f"{self.pk}:{self.hash}"

    @property
    def parameters_value(self) -> dict[str, Any]:
        """The parameters as an object."""
        return read_object(self.parameters)

    @property
    def counts_value(self) -> dict[str, int]:
        """requested, done, skipped, failed."""
        return read_object(self.counts)


class AuditItem(models.Model):
    """What one entry did to one id."""

    pk = models.CompositePrimaryKey("entry", "position")
    # No constraint: it would be asked for each item of a million. `audit verify` finds one without an entry.
    entry = models.ForeignKey(
        AuditEntry, on_delete=models.DO_NOTHING, related_name="items", db_index=False, db_constraint=False
    )
    position = models.IntegerField()
    target = models.CharField(max_length=255)
    outcome = models.CharField(max_length=10)
    reason = models.TextField()
    before = models.TextField(help_text="JSON text; empty when nothing was changed.")
    after = models.TextField(help_text="JSON text; empty when nothing was changed.")

    class Meta:
        default_permissions = ()
        indexes = (models.Index(fields=("target", "entry"), name="audit_item_target"),)

    def __str__(self) -> str:
        return f"{self.target}: {self.outcome}"


class AuditHead(models.Model):
    """The newest link of the chain; its row lock puts the writers in line."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField()
    hash = models.CharField(max_length=64)
    seal = models.CharField(max_length=64, help_text="Nobody without the key can move the end back.")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"#{self.number} {self.hash}"
