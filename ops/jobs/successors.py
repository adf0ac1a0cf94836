"""Jobs that undo or retry another: they take only what still is as the first one left it."""

from collections.abc import Mapping, Sequence

from ops.audit.log import Change
from ops.jobs.models import Job, JobItem
from ops.operations.operation import Changed, get_operation, unchanged

# The column of the first job's items that says what it left each as.
LEFT = {"undo": "mark", "retry": "seen_state"}


def changed(job: Job, expected: Mapping[str, str], *, lock: bool) -> Mapping[str, Change]:
    """Of what an undo or a retry is about, what is no longer as the first job left it."""
    rule = rule_of(job)
    since = job.origin.started_at if job.origin else None
    return rule(expected, since=since, lock=lock) if rule is not unchanged else {}


def rule_of(job: Job) -> Changed:
    """How the first job's verb tells that."""
    if job.origin is None or job.relation not in LEFT:
        return unchanged
    first = get_operation(job.origin.verb)
    if job.relation == "retry":
        return first.changed
    return first.undo.changed if first.undo else unchanged


def spared(job: Job, positions: Sequence[int]) -> Mapping[str, Change]:
    """The same for a chunk, whose rows stay locked until it is committed."""
    if rule_of(job) is unchanged:
        return {}
    items = JobItem.objects.filter(job=job, position__in=positions)
    expected = {target: left or "" for target, left in items.values_list("target", "expected")}
    return changed(job, expected, lock=True)
