"""Functions that fail much more than they usually do, found in the figures of a frame."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from runs.headline import headline
from runs.models import Run
from runs.spans import Span
from runs.states import State
from runs.statistics import Frame, FunctionFigures

FEWEST = 5  # failed runs that make an incident
ALWAYS = 0.9  # failure rate above which a stretch is bad however bad the rest is
LEAST = 0.1  # failure rate below which nothing is one
TIMES = 3  # how much more than usual
RECENT = 12  # buckets at the end of the frame, one of which must be bad
SAMPLE = 200  # newest failed runs that are asked for their error


@dataclass(frozen=True)
class Incident:
    """A function, when it failed, and how that compares with the rest of the frame."""

    function_id: str
    since: datetime
    until: datetime | None  # None: it goes on
    failed: int
    rate: float
    usual: float | None  # None: nothing else had finished


def incidents(frame: Frame) -> list[Incident]:
    """Those that go on or ended of late, most failures first."""
    if not frame.is_live:
        return []
    found = (incident_of(one, frame.buckets) for one in frame.failing(limit=50))
    return sorted((one for one in found if one), key=lambda one: (-one.failed, one.function_id))


def incident_of(one: FunctionFigures, buckets: Sequence[tuple[datetime, datetime]]) -> Incident | None:
    """The function's incident, if its last bad stretch is one."""
    stretch = bad_stretch(one.failures, one.finished)
    if stretch is None:
        return None
    begin, end = stretch
    failed, finished = sum(one.failures[begin:end]), sum(one.finished[begin:end])
    others = sum(one.finished) - finished
    usual = (one.failed - failed) / others if others else None
    rate = failed / finished
    is_news = begin > len(buckets) // 2 if usual is None else rate >= TIMES * usual
    if failed < FEWEST or not is_news:
        return None
    until = buckets[end - 1][1] if any(one.finished[end:]) else None
    return Incident(one.function_id, buckets[begin][0], until, failed, rate, usual)


def bad_stretch(failures: Sequence[int], finished: Sequence[int]) -> tuple[int, int] | None:
    """First bucket and the one after the last of the latest unbroken bad stretch; None if there is none.

    A bucket is bad when its failure rate is well above the middle one of the frame. Buckets in which nothing
    finished say nothing.
    """
    rates = [failed / total if total else None for failed, total in zip(failures, finished, strict=True)]
    known = [rate for rate in rates if rate is not None]
    limit = max(LEAST, min(TIMES * median(known), ALWAYS)) if known else LEAST
    bad = [number for number, rate in enumerate(rates) if rate is not None and rate >= limit]
    if not bad or bad[-1] < len(rates) - RECENT:
        return None
    good = [number for number, rate in enumerate(rates) if rate is not None and rate < limit]
    begin = max((number for number in good if number < bad[-1]), default=-1)
    return min(number for number in bad if number > begin), bad[-1] + 1


def common_error(incident: Incident, span: Span) -> str:
    """The headline that most of its newest errors have; empty if they say nothing."""
    runs = Run.objects.filter(function_id=incident.function_id).created_between(
        incident.since, incident.until or span.end
    )
    lines = Counter(map(headline, runs.in_state(State.FAILED).newest_errors(SAMPLE)))
    del lines[""]
    return lines.most_common(1)[0][0] if lines else ""
