"""What a ready job would do, and what has changed since its list was frozen."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Case, Count, Q, Value, When
from django.utils import timezone

from ops.jobs.models import Job, JobItem
from ops.operations import get_operation
from ops.targets import get_target

SAMPLE = 20
LOOKED_AT = 1_000
GROUPS = 20
AGES = (("last hour", 1), ("last day", 24), ("last week", 24 * 7))


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
    sample: list[JobItem]
    warnings: list[str]
    changed: list[str]


def preview(job: Job) -> Preview:
    """The preview of a job whose list is frozen."""
    items = JobItem.objects.filter(job=job)
    states = shares(items, "seen_state")
    first = items.filter(position__lte=LOOKED_AT).order_by("position")
    return Preview(
        total=job.total,
        expected=list(expectations(job, states)),
        states=states,
        groups=shares(items, "seen_group")[:GROUPS],
        ages=shares(items.annotate(age=age()), "age"),
        sample=list(first[:SAMPLE]),
        warnings=list(get_operation(job.verb).warnings(list(first.values_list("target", flat=True)))),
        changed=changes_since(job),
    )


def shares(items: Any, column: str) -> list[Share]:
    """The items counted by a column, most first."""
    counted = items.values_list(column).annotate(count=Count("position")).order_by("-count", column)
    return [Share(name, count) for name, count in counted]


def expectations(job: Job, states: list[Share]) -> Iterator[Expectation]:
    """What the verb will do to the items of each state, as things were when the list was frozen."""
    operation = get_operation(job.verb)
    noun = get_target(operation.model).noun
    found: dict[tuple[str, str], int] = {}
    for share in states:
        change = operation.expected("", share.name or None, noun)
        key = (change.outcome, change.reason)
        found[key] = found.get(key, 0) + share.count
    for (outcome, remark), count in found.items():
        yield Expectation(outcome, remark, count)


def age() -> Case:
    """How long ago an item's row was created, in words."""
    now = timezone.now()
    spans = [
        When(seen_created_at__gte=now - timedelta(hours=hours), then=Value(name)) for name, hours in AGES
    ]
    unknown = When(Q(seen_created_at__isnull=True), then=Value("unknown"))
    return Case(unknown, *spans, default=Value("older"))


def changes_since(job: Job) -> list[str]:
    """What happened since freezing to the items that are still to be done, in sentences."""
    return list(get_target(get_operation(job.verb).model).drift(job.pk, job.cursor))
