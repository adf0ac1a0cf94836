"""What a job made, and how that fares: a replay is over when its new runs are."""

from collections.abc import Mapping
from dataclasses import dataclass

from ops.engine.statuses import ENDED, OPEN
from ops.jobs.models import Job
from ops.operations.operation import find_operation
from ops.operations.targets import get_target
from ops.platform.caching import kept

# Above as many, figures are kept for a while: a million new runs take a second to count.
LARGE = 10_000
KEPT_SECONDS = 30


@dataclass(frozen=True)
class Made:
    """How many rows a job made, by what they are now."""

    total: int
    counts: Mapping[str, int]

    @property
    def is_open(self) -> bool:
        """Whether any of them hasn't ended."""
        return any(self.counts[status] for status in OPEN)

    @property
    def ended(self) -> int:
        """How many have ended."""
        return sum(self.counts[status] for status in ENDED)

    @property
    def failed_per_cent(self) -> float | None:
        """Of those that have ended, what the brake looks at; None before the first."""
        return 100 * self.counts["failed"] / self.ended if self.ended else None

    @property
    def shares(self) -> list[tuple[str, int]]:
        """Status and count, in the order in which a run goes through them."""
        return [(status, self.counts[status]) for status in (*OPEN, *ENDED)]


def made_by(job: Job) -> Made | None:
    """What the job made; None for one that makes nothing, or has made nothing yet."""
    operation = find_operation(job.verb)
    if operation is None or operation.feed is None or not job.done:
        return None
    found = kept(
        "made",
        job.pk,
        job.created_at,
        read=lambda: dict(get_target(operation.model).made(job.pk)),
        seconds=KEPT_SECONDS if job.done > LARGE else 0,
    )
    return Made(found["made"], {name: found[name] for name in (*OPEN, *ENDED)})
