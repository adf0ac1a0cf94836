"""Rate and brake of jobs that make new work for the engine, such as replays.

Nothing is queued far into the future: a replay job inserts what is due in the next ten seconds, at most a
thousand rows ahead, so that stopping it stops it and the engine's lease stays fast.
"""

from django.db.models import F, QuerySet

from ops.jobs.models import Job, JobItem
from ops.operations.operation import get_operation
from ops.operations.targets import get_target

AHEAD_SECONDS = 10
AHEAD_ROWS = 1_000
LONGEST_WAIT = AHEAD_SECONDS / 2  # a rate or a brake that is changed meanwhile takes effect after it
BRAKE_EVERY = 5.0  # seconds between two looks at how the new runs fare
BRAKE_FROM = 20  # ended runs before the brake judges
BRAKE_SAMPLE = 20_000  # items that it looks at, at most


def ahead(feed: float) -> float:
    """Items that may be fed before their time."""
    return min(feed * AHEAD_SECONDS, AHEAD_ROWS)


def allowance(job: Job) -> int | None:
    """How many more items may be fed now; None without a rate."""
    if job.feed is None:
        return None
    return max(0, int(ahead(job.feed) - is_ahead(job)))


def is_ahead(job: Job) -> float:
    """Items that were fed before their time; below zero for those that are due already."""
    fed = job.settled - job.feed_cursor
    return fed - (job.feed or 0) * (job.worked - job.feed_worked)


def set_feed(job: Job, feed: float | None) -> None:
    """Another rate from now on.

    Counted from the job's begin, a higher one would feed at once what it would have fed until now, and a
    lower one nothing for as long. What is ahead counts as ahead, so that changing it often gains nothing.
    """
    left = 0.0 if job.feed is None or feed is None else min(max(0.0, is_ahead(job)), ahead(feed))
    job.feed_cursor, job.feed_worked = job.settled - int(left), job.worked
    job.feed = feed


def wait(job: Job) -> float:
    """Seconds until half of what may be ahead is due: each chunk is an entry of the audit log."""
    if job.feed is None:
        return 0.0
    enough = max(1.0, min(ahead(job.feed) / 2, job.pending))
    return min(LONGEST_WAIT, max(0.0, (is_ahead(job) + enough - ahead(job.feed)) / job.feed))


def brake(job: Job, *, since: float) -> str:
    """Why the job has to stop because too many of its new runs failed; empty if it needn't.

    `since` is what had been worked when it was asked last.
    """
    operation = get_operation(job.verb)
    if job.brake is None or operation.feed is None:
        return ""
    if int(since / BRAKE_EVERY) == int(job.worked / BRAKE_EVERY):
        return ""
    made = JobItem.objects.filter(job=job, position__lte=job.cursor, outcome="done")
    ended, failed = get_target(operation.model).fared(sample(made, job.cursor))
    if ended < BRAKE_FROM or failed * 100 <= job.brake * ended:
        return ""
    looked_at = "that were looked at and have ended" if job.cursor > BRAKE_SAMPLE else "that have ended"
    return f"{failed:,} of the {ended:,} new runs {looked_at} failed: more than {job.brake} %."


def sample(items: QuerySet[JobItem], count: int) -> QuerySet[JobItem]:
    """Every n-th of the first `count` items: the chunk's locks are held while they are looked at."""
    step = -(-count // BRAKE_SAMPLE)
    return items.annotate(beside=F("position") % step).filter(beside=0) if step > 1 else items
