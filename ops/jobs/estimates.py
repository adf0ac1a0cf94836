"""How long a ready job will take, judged by its rate and by the last job of its verb."""

from dataclasses import dataclass

from ops.jobs.models import Job


@dataclass(frozen=True)
class Estimate:
    """Seconds, and whether it is the rate that was set for the job that takes them."""

    seconds: float
    by_rate: bool


def estimate(job: Job) -> Estimate | None:
    """None when there is neither a rate nor an earlier job to judge by."""
    measured = measured_rate(job.verb)
    rates = [rate for rate in (job.feed, measured) if rate]
    if not rates or not job.total:
        return None
    slowest = min(rates)
    return Estimate(job.total / slowest, by_rate=slowest == job.feed)


def measured_rate(verb: str) -> float | None:
    """Items per second of the verb's last finished job that no rate held back."""
    last = Job.objects.filter(verb=verb, state=Job.State.FINISHED, feed__isnull=True, worked__gt=0)
    found = last.order_by("-pk").first()
    return found.rate if found else None
