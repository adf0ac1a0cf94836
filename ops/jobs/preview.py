"""What a ready job would do, what has changed since its list was frozen, and what came of it in the end."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from django.db.models import Case, Count, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Concat
from django.utils import timezone

from ops.jobs.models import Job, JobItem
from ops.operations.operation import get_operation
from ops.operations.targets import get_target
from ops.platform.caching import kept
from ops.platform.errors import StateConflict

LOOKED_AT = 1_000
GROUPS = 20
KEPT_SECONDS = 60
AGES = (("last hour", 1), ("last day", 24), ("last week", 24 * 7))
YOUNGEST_FIRST = (*(name for name, _ in AGES), "older", "unknown")

# Before the words about an item that is left alone, so that they are not taken for a state.
SPARED = "spared: "

Counted = TypeVar("Counted")


@dataclass(frozen=True)
class Share:
    """How many items are alike."""

    name: str
    count: int


@dataclass(frozen=True)
class Expectation:
    """How many items come to the same end: done, skipped or failed, with a remark."""

    outcome: str
    remark: str
    count: int


@dataclass(frozen=True)
class Preview:
    """Everything that a person is shown before confirming."""

    total: int
    expected: list[Expectation]
    states: list[Share]
    groups: list[Share]
    ages: list[Share]
    warnings: list[str]
    changed: list[str]
    final: str

    @property
    def done(self) -> int:
        """How many items the verb will do something to."""
        return sum(one.count for one in self.expected if one.outcome == "done")


def preview(job: Job, parameters: Mapping[str, Any] | None = None) -> Preview:
    """The preview of a job whose list is frozen, with its own parameters or with others."""
    items = JobItem.objects.filter(job=job)
    # A frozen list doesn't change, and only its ages do.
    states, groups, ages, foretold = counted(job, "split", lambda: split(items))
    first = items.filter(position__lte=LOOKED_AT).order_by("position")
    operation = get_operation(job.verb)
    return Preview(
        total=job.total,
        expected=expectations(job, foretold, job.parameters_value if parameters is None else parameters),
        states=states,
        groups=most(groups),
        ages=sorted(ages, key=lambda share: YOUNGEST_FIRST.index(share.name)),
        warnings=list(operation.warnings(list(first.values_list("target", flat=True)))),
        changed=changes_since(job),
        final=operation.final,
    )


def require_frozen(job: Job) -> None:
    """StateConflict while the list isn't complete."""
    if job.frontier != "{}":
        raise StateConflict(f"Job {job.pk} is {job.state}: its list is not complete.")


def counted(job: Job, what: str, read: Callable[[], Counted]) -> Counted:
    """What was counted a short while ago: a million items take most of a second."""
    name = (what, job.pk, job.total, job.settled, job.created_at)
    return kept("job", *name, read=read, seconds=KEPT_SECONDS)


def most(shares: list[Share]) -> list[Share]:
    """The largest, and the rest in one."""
    rest = shares[GROUPS:]
    others = [Share(f"{len(rest)} others", sum(share.count for share in rest))] if rest else []
    return shares[:GROUPS] + others


def split(items: QuerySet[JobItem]) -> list[list[Share]]:
    """The items counted by state, function, age and what is foretold, in one pass: there may be millions."""
    columns = ("seen_state", "seen_group", "age", "foretold")
    seen = items.annotate(age=age(), foretold=foretold())
    rows = list(seen.values_list(*columns).annotate(count=Count("position")))
    counters: list[Counter[str]] = [Counter() for _ in columns]
    for *names, count in rows:
        for counter, name in zip(counters, names, strict=True):
            counter[name] += count
    return [shares(counter) for counter in counters]


def shares(counted: Counter[str]) -> list[Share]:
    """Most first."""
    ordered = sorted(counted.items(), key=lambda one: (-one[1], one[0]))
    return [Share(name, count) for name, count in ordered]


def foretold() -> Case:
    """Why an item will be left alone, as it was found to be when the list was frozen; else its state."""
    is_spared = Q(outcome="pending", expected__gt="") & ~Q(reason="")
    why = Concat(Value(SPARED), "reason", output_field=TextField())
    return Case(When(is_spared, then=why), default="seen_state", output_field=TextField())


def expectations(job: Job, foretold: list[Share], parameters: Mapping[str, Any]) -> list[Expectation]:
    """What the verb will do to the items, as things were when the list was frozen."""
    states = {share.name for share in foretold if not share.name.startswith(SPARED)}
    expected = get_operation(job.verb).expected(states, parameters)
    counter: Counter[tuple[str, str]] = Counter()
    for share in foretold:
        why = share.name.removeprefix(SPARED)
        counter[expected[why] if why == share.name else ("skipped", why)] += share.count
    return [Expectation(*end, count) for end, count in counter.most_common()]


def age() -> Case:
    """How long ago an item's row was created, in words."""
    now = timezone.now()
    spans = [
        When(seen_created_at__gte=now - timedelta(hours=hours), then=Value(name)) for name, hours in AGES
    ]
    unknown = When(Q(seen_created_at__isnull=True), then=Value("unknown"))
    return Case(unknown, *spans, default=Value("older"))


def endings(job: Job) -> list[Expectation]:
    """How the items ended that have been tried, by outcome and remark, most first.

    At most GROUPS of them: a verb may word a remark for each item.
    """
    tried = JobItem.objects.filter(job=job, position__lte=job.cursor).values_list("outcome", "reason")
    rows = tried.annotate(count=Count("position")).order_by("-count")[:GROUPS]
    return counted(job, "endings", lambda: [Expectation(*row) for row in rows])


def changes_since(job: Job) -> list[str]:
    """What happened since freezing to the items that are still to be done, in sentences."""
    return list(get_target(get_operation(job.verb).model).drift(job.pk, job.cursor))
