"""Registers the models of every room with Django."""

from ops.access.models import RightsVersion, User
from ops.api.idempotency import KnownRequest
from ops.audit.models import AuditEntry, AuditHead, AuditItem
from ops.health.models import Health
from ops.jobs.models import Job, JobItem
from ops.tokens.models import ApiToken

__all__ = [
    "ApiToken",
    "AuditEntry",
    "AuditHead",
    "AuditItem",
    "Health",
    "Job",
    "JobItem",
    "KnownRequest",
    "RightsVersion",
    "User",
]
