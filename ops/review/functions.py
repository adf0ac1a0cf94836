"""Which functions the entries of the audit log are about: those of their first runs."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ops.audit.models import AuditEntry, AuditItem
from ops.jobs.models import Job, JobItem
from ops.operations.operation import operations
from ops.operations.targets import get_target

# An entry has up to a thousand runs, a job any number: a list of entries can't look at all of them.
LOOKED_AT = 20
NAMED = 2


@dataclass
class Functions:
    """The names, in the order of the runs, and how many runs there are altogether."""

    total: int
    names: dict[str, None] = field(default_factory=dict)

    @property
    def brief(self) -> str:
        """`charge-card, sync-crm and 3 more`; a `…` where only the first runs were looked at."""
        names = list(self.names)
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        return ", ".join(names[:NAMED]) + more + self.rest

    @property
    def whole(self) -> str:
        """Every name that is known."""
        return ", ".join(self.names) + self.rest

    @property
    def rest(self) -> str:
        """A sign that there may be others."""
        return " …" if self.names and self.total > LOOKED_AT else ""


def functions_of(entries: Sequence[AuditEntry]) -> dict[int, Functions]:
    """Entry number → functions, for those that are about runs; as many queries for one as for fifty."""
    found = {entry.pk: Functions(entry.counts_value.get("requested", 0)) for entry in entries}
    for model, verbs in verbs_by_model().items():
        numbers = [entry.pk for entry in entries if entry.verb in verbs]
        for number, name in names_of(model, numbers):
            found[number].names[name] = None
    for number, total, name in names_of_jobs(entries):
        found[number].total = total
        found[number].names[name] = None
    return found


def verbs_by_model() -> dict[str, set[str]]:
    """The registered verbs by the model that they act on."""
    found: dict[str, set[str]] = defaultdict(set)
    for operation in operations():
        found[operation.model].add(operation.name)
    return found


def names_of(model: str, entries: Sequence[int]) -> Iterable[tuple[int, str]]:
    """Entry and function of the first runs of each entry."""
    target = get_target(model)
    rows = AuditItem.objects.filter(entry_id__in=entries, position__lt=LOOKED_AT)
    named = list(rows.order_by("entry_id", "position").values_list("entry_id", "target"))
    keys = target.keys_of(pk for _, pk in named)
    items = [(entry, keys[pk]) for entry, pk in named if pk in keys]
    ids = list(set(keys.values()))
    groups = {str(row["id"]): row["seen_group"] for row in target.given(ids)} if ids else {}
    return [(entry, groups[pk]) for entry, pk in items if groups.get(pk)]


def names_of_jobs(entries: Sequence[AuditEntry]) -> Iterable[tuple[int, int, str]]:
    """Entry, number of items and function, for what people did to jobs."""
    about = {entry.pk: entry.job for entry in entries if entry.job and entry.verb.startswith("jobs.")}
    totals = dict(Job.objects.filter(pk__in=about.values()).values_list("pk", "total")) if about else {}
    names: dict[int, dict[str, None]] = defaultdict(dict)
    items = JobItem.objects.filter(job_id__in=totals, position__lte=LOOKED_AT).exclude(seen_group="")
    for job, name in items.order_by("job_id", "position").values_list("job_id", "seen_group"):
        names[job][name] = None
    return [(entry, totals[job], name) for entry, job in about.items() for name in names[job]]
