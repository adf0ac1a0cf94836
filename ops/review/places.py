"""One job, one place in the list of the audit log: where its first entry is.

A job writes an entry with each chunk. The list shows them as one row, in the place of the job's first entry,
which never moves; a filter by the job shows them one by one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, Max, OuterRef, QuerySet

from ops.audit.models import AuditEntry
from ops.jobs.models import Job
from ops.review.filters import AuditFilter, conditions

MADE = "jobs.create"


@dataclass(frozen=True)
class Places:
    """The rows of the list for one filter: entries by themselves, and one for each job."""

    found: "QuerySet[AuditEntry]"
    branches: "list[QuerySet[AuditEntry]]"
    folded: bool

    @classmethod
    def of(cls, asked: AuditFilter) -> "Places":
        """The rows that the filter asks for; InvalidInput if any parameter is wrong."""
        found = asked.found
        values = asked.checked()
        if values["job"] is not None or values["group"] == "none":
            return cls(found, [found], folded=False)
        made = AuditEntry.objects.filter(verb=MADE, job__isnull=False)
        if conditions(values):
            made = made.filter(Exists(found.filter(job=OuterRef("job"))))
        # Each is read in order from an index of its own, however many entries a job has.
        return cls(found, [found.filter(job__isnull=True), made], folded=True)

    def told(self, rows: "Sequence[AuditEntry]") -> "list[AuditEntry]":
        """The rows with what is folded into them; of a job with one entry that matches, that entry."""
        jobs = {row.job for row in rows if row.job is not None} if self.folded else set()
        if not jobs:
            return list(rows)
        counted = self.found.filter(job__in=jobs).values_list("job").annotate(Count("id"), Max("id"))
        last = {job: (count, number) for job, count, number in counted.order_by()}
        alone = AuditEntry.objects.in_bulk([number for count, number in last.values() if count == 1])
        known = Job.objects.in_bulk([job for job, (count, _) in last.items() if count > 1])
        return [
            row if row.job is None else in_place(row, *last.get(row.job, (1, row.pk)), alone, known)
            for row in rows
        ]


def in_place(
    row: AuditEntry, count: int, last: int, alone: dict[int, AuditEntry], known: dict[int, Job]
) -> AuditEntry:
    """What the list shows in the place of a job."""
    if count == 1:
        return alone.get(last, row)
    row.entries, row.of_job = count, known.get(row.job or 0)
    return row
