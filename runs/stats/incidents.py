"""Functions that fail much more than they usually do, found in the figures of a frame."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from statistics import median
from typing import NamedTuple

from django.db.models import Count, Max, Min, Q

from ops.platform.caching import kept
from runs.models import Run
from runs.querysets import RunQuerySet
from runs.states import State
from runs.stats.error_kinds import common_errors
from runs.stats.statistics import AGE, Frame, FunctionFigures
from runs.stats.time_ranges import whole

FEWEST = 5  # failed runs that make an incident
ALWAYS = 0.9  # failure rate above which a stretch is bad however bad the rest is
LEAST = 0.1  # failure rate below which nothing is one
TIMES = 3  # how much more than usual
RECENT = 12  # buckets at the end of the frame, one of which must be bad
RECOVERED = 3  # runs that completed since the last failure: it is over
# What is over is told for twice as long as it lasted, within these limits.
TOLD, BRIEFLY, LONG = 2, timedelta(minutes=30), timedelta(hours=6)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Incident:
    """A function, when it failed, and how that compares with the rest of the frame."""

    function_id: str
    since: datetime
    until: datetime  # just after its newest failed run
    is_over: bool
    failed: int
    rate: float
    usual: float | None  # None: nothing else had finished


def incidents(frame: Frame) -> list[Incident]:
    """Those that go on, then those that ended of late, most failures first."""
    if not frame.is_live:
        return []
    found = (incident_of(one, frame.buckets) for one in frame.failing(limit=50))
    news = (one for one in found if one and is_news(one, frame.span.end))
    return sorted(news, key=lambda one: (one.is_over, -one.failed, one.function_id))


def is_news(incident: Incident, now: datetime) -> bool:
    """Whether it goes on, or what is over still has to be known: the longer it was, the longer."""
    lasted = incident.until - incident.since
    return not incident.is_over or now - incident.until <= min(max(TOLD * lasted, BRIEFLY), LONG)


def incident_of(one: FunctionFigures, buckets: Sequence[tuple[datetime, datetime]]) -> Incident | None:
    """The function's incident, if its last bad stretch is one."""
    stretch = bad_stretch(one.failures, one.finished)
    if stretch is None:
        return None
    begin, end = stretch
    failed, finished = sum(one.failures[begin:end]), sum(one.finished[begin:end])
    usual = usual_rate(one.failures, one.finished)
    rate = failed / finished
    is_unusual = begin > len(buckets) // 2 if usual is None else rate >= TIMES * usual
    if failed < FEWEST or not is_unusual:
        return None
    within = Run.objects.filter(function_id=one.function_id)
    read = partial(extent, within, buckets[begin][0], buckets[end - 1][1])
    since, until, failed, completed, recovered = kept(
        "incident", one.function_id, buckets[begin][0], buckets[-1][1], read=read, seconds=AGE
    )
    if failed < FEWEST:
        return None
    is_over = recovered >= RECOVERED or any(one.finished[end:])
    return Incident(one.function_id, since, until, is_over, failed, failed / (failed + completed), usual)


class Extent(NamedTuple):
    """First and last failed run, what became of the runs between, and how many went well since."""

    since: datetime
    until: datetime
    failed: int
    completed: int
    recovered: int


def extent(runs: RunQuerySet, begin: datetime, end: datetime) -> Extent:
    """Where a bad stretch begins and ends to the second, as no bucket tells."""
    failed = runs.created_between(begin, end).in_state(State.FAILED)
    found = failed.aggregate(first=Min("created_at"), last=Max("created_at"), failed=Count("*"))
    if not found["failed"]:
        return Extent(begin, end, 0, 0, 0)
    since, until = whole(found["first"]), whole(found["last"]) + SECOND
    between, after = Q(created_at__lt=until), Q(created_at__gte=until)
    completed = runs.in_state(State.COMPLETED).created_between(since, None)
    went_well = completed.aggregate(between=Count("pk", filter=between), after=Count("pk", filter=after))
    return Extent(since, until, found["failed"], went_well["between"], went_well["after"])


def usual_rate(failures: Sequence[int], finished: Sequence[int]) -> float | None:
    """The failure rate of the buckets that are not bad: an outage doesn't make the next one usual."""
    bad = bad_buckets(failures, finished)
    calm = [number for number in range(len(finished)) if number not in bad]
    total = sum(finished[number] for number in calm)
    return sum(failures[number] for number in calm) / total if total else None


def bad_stretch(failures: Sequence[int], finished: Sequence[int]) -> tuple[int, int] | None:
    """First bucket and the one after the last of the latest unbroken bad stretch; None if there is none.

    Buckets in which nothing finished say nothing.
    """
    bad = bad_buckets(failures, finished)
    if not bad or bad[-1] < len(finished) - RECENT:
        return None
    good = [number for number, total in enumerate(finished) if total and number not in bad]
    begin = max((number for number in good if number < bad[-1]), default=-1)
    return min(number for number in bad if number > begin), bad[-1] + 1


def bad_buckets(failures: Sequence[int], finished: Sequence[int]) -> list[int]:
    """The buckets whose failure rate is well above the middle one of the frame."""
    rates = {n: failures[n] / total for n, total in enumerate(finished) if total}
    limit = max(LEAST, min(TIMES * median(rates.values()), ALWAYS)) if rates else LEAST
    return [number for number, rate in rates.items() if rate >= limit]


def common_error(incident: Incident) -> str:
    """The headline that is most frequent among its newest errors; empty if they say nothing."""
    runs = Run.objects.filter(function_id=incident.function_id)
    within = runs.created_between(incident.since, incident.until)
    found = common_errors(within.in_state(State.FAILED)).kinds
    return found[0].headline if found else ""
