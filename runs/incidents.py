"""Functions that fail much more than they usually do, found in the figures of a frame."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from django.db.models.functions import Left

from runs.models import Run
from runs.spans import Span
from runs.states import State
from runs.statistics import Frame, FunctionFigures

FEWEST = 5  # failed runs that make an incident
ALWAYS = 0.9  # failure rate above which a stretch is bad however bad the rest is
LEAST = 0.1  # failure rate below which nothing is one
TIMES = 3  # how much more than usual
RECENT = 4  # buckets at the end of the frame, one of which must still be bad
SAMPLE = 500  # newest failed runs that are asked for their error
HEAD = 200


@dataclass(frozen=True)
class Incident:
    """A function, since when it fails, and how that compares with before."""

    function_id: str
    since: datetime
    failed: int
    rate: float
    usual: float | None  # None: it had not finished a run before


def incidents(frame: Frame) -> list[Incident]:
    """Those that go on at the end of the frame, most failures first."""
    if not frame.is_live:
        return []
    found = (incident_of(one, frame.buckets) for one in frame.failing(limit=50))
    return sorted((one for one in found if one), key=lambda one: (-one.failed, one.function_id))


def incident_of(one: FunctionFigures, buckets: Sequence[tuple[datetime, datetime]]) -> Incident | None:
    """The function's incident, if its last buckets are one."""
    begin = begin_of_trouble(one.failures, one.finished)
    if begin is None:
        return None
    failed, finished = sum(one.failures[begin:]), sum(one.finished[begin:])
    before = sum(one.finished[:begin])
    usual = sum(one.failures[:begin]) / before if before else None
    rate = failed / finished
    is_news = begin > len(buckets) // 2 if usual is None else rate >= TIMES * usual
    if failed < FEWEST or not is_news:
        return None
    return Incident(one.function_id, buckets[begin][0], failed, rate, usual)


def begin_of_trouble(failures: Sequence[int], finished: Sequence[int]) -> int | None:
    """The first bucket of the unbroken bad stretch that reaches the end; None if there is none.

    A bucket is bad when its failure rate is well above the middle one of the span. Buckets in which nothing
    finished say nothing.
    """
    rates = [failed / total if total else None for failed, total in zip(failures, finished, strict=True)]
    known = [rate for rate in rates if rate is not None]
    limit = max(LEAST, min(TIMES * median(known), ALWAYS)) if known else LEAST
    begin = None
    for number in reversed(range(len(rates))):
        rate = rates[number]
        if rate is not None and rate < limit:
            break
        begin = number if rate is not None else begin
    recent = rates[-RECENT:]
    return begin if begin is not None and any(rate is not None for rate in recent) else None


def common_error(incident: Incident, span: Span) -> str:
    """The first line that most of its newest errors begin with; empty if they say nothing."""
    runs = Run.objects.filter(function_id=incident.function_id).created_between(incident.since, span.end)
    newest = runs.in_state(State.FAILED).order_by("-created_at").annotate(head=Left("error", HEAD))
    lines = Counter(first_line(head) for head in newest.values_list("head", flat=True)[:SAMPLE])
    del lines[""]
    return lines.most_common(1)[0][0] if lines else ""


def first_line(text: str | None) -> str:
    """The first line that is not blank."""
    return next((line.strip() for line in (text or "").splitlines() if line.strip()), "")
