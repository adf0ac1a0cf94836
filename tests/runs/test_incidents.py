"""What counts as failing much more than usual."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from runs.stats.incidents import Incident, bad_stretch, common_error, incidents
from runs.stats.statistics import read_frame
from runs.stats.time_ranges import until_now
from tests.factories import make_event, make_run

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    cache.clear()


def make_hours(name: str, *, good: int, bad: int, hours: range) -> None:
    """Each hour so many completed and failed runs."""
    event = make_event()
    for hour in hours:
        at = timezone.now() - hour * HOUR - timedelta(minutes=1)
        for number in range(good + bad):
            status = "failed" if number < bad else "completed"
            error = "ReadTimeout: crm.example.com" if number < bad else None
            make_run(name, status, event=event, created_at=at, error=error)


def found_now() -> list[Incident]:
    return incidents(read_frame(until_now("24h", now=timezone.now())))


def test_a_function_that_begins_to_fail_is_an_incident_with_its_begin_and_its_usual_rate() -> None:
    make_hours("sync-crm", good=10, bad=0, hours=range(3, 20))
    make_hours("sync-crm", good=2, bad=8, hours=range(3))
    make_hours("healthy", good=10, bad=0, hours=range(20))
    (only,) = found_now()
    assert only.function_id == "sync-crm"
    assert (only.failed, only.rate, only.usual) == (24, 0.8, 0)
    assert timedelta(hours=2) <= timezone.now() - only.since <= timedelta(hours=3)
    assert not only.is_over


@pytest.mark.parametrize(
    ("before", "since"),
    [
        pytest.param((9, 1), (9, 1), id="as usual"),
        pytest.param((0, 10), (0, 10), id="always failing"),
        pytest.param((10, 0), (100, 5), id="below a tenth"),
        pytest.param((10, 0), (0, 1), id="too few"),
    ],
)
def test_what_is_usual_small_or_rare_is_no_incident(before: tuple[int, int], since: tuple[int, int]) -> None:
    make_hours("f", good=before[0], bad=before[1], hours=range(2, 20))
    make_hours("f", good=since[0], bad=since[1], hours=range(2))
    assert found_now() == []


def test_what_ended_of_late_is_told_with_its_end_and_what_ended_long_ago_is_not() -> None:
    for name, hours in (("late", range(1, 4)), ("long ago", range(14, 16))):
        make_hours(name, good=10, bad=0, hours=range(hours.start))
        make_hours(name, good=0, bad=10, hours=hours)
        make_hours(name, good=10, bad=0, hours=range(hours.stop, 20))
    (only,) = found_now()
    assert (only.function_id, only.failed, only.usual) == ("late", 30, 0)
    assert only.is_over
    assert timedelta(hours=1) <= timezone.now() - only.until <= timedelta(hours=1, minutes=2)


def test_a_new_function_that_fails_from_its_first_run_is_an_incident_without_a_usual_rate() -> None:
    make_hours("new", good=0, bad=6, hours=range(2))
    (only,) = found_now()
    assert (only.rate, only.usual) == (1.0, None)


def test_a_range_in_the_past_has_no_incidents() -> None:
    make_hours("f", good=10, bad=0, hours=range(30, 40))
    make_hours("f", good=0, bad=10, hours=range(26, 30))
    span = until_now("24h", now=timezone.now() - 26 * HOUR)
    assert incidents(read_frame(span)) == []


@pytest.mark.parametrize(
    ("failures", "finished", "stretch"),
    [
        ([0, 0, 5, 5], [5, 5, 5, 5], (2, 4)),
        ([0, 0, 5, 0], [5, 5, 5, 0], (2, 3)),
        ([0, 0, 0, 5], [5, 5, 0, 5], (3, 4)),
        ([0, 5, 0, 5, 0], [5, 5, 0, 5, 5], (1, 4)),
        ([5, 0, 0, 5, 0], [5, 5, 5, 5, 5], (3, 4)),
        ([0, 0, 0, 0], [5, 5, 5, 5], None),
        ([0, 0, 0, 0], [0, 0, 0, 0], None),
        ([5] + 12 * [0], 13 * [5], None),
    ],
)
def test_a_bad_stretch_is_unbroken_and_idle_buckets_say_nothing(
    failures: list[int], finished: list[int], stretch: tuple[int, int] | None
) -> None:
    assert bad_stretch(failures, finished) == stretch


def incident_of_the_hour() -> Incident:
    now = timezone.now()
    return Incident("f", now - HOUR, now + HOUR, is_over=False, failed=5, rate=1, usual=None)


def test_the_most_frequent_error_is_named_by_its_headline() -> None:
    event = make_event()
    for error in ("\n  Timeout: a\n  trace 1", "Timeout: a\n  trace 2", "Other", "", None):
        make_run("f", "failed", event=event, error=error)
    assert common_error(incident_of_the_hour()) == "Timeout: a"


def test_errors_that_say_nothing_name_nothing() -> None:
    make_run("f", "failed", error="\n \n")
    assert common_error(incident_of_the_hour()) == ""


def make_minutes(name: str, status: str, minutes: range) -> None:
    """A run a minute."""
    event = make_event()
    for minute in minutes:
        at = timezone.now() - timedelta(minutes=minute, seconds=30)
        make_run(name, status, event=event, created_at=at)


def test_an_incident_begins_and_ends_with_its_failures_and_not_with_a_bucket() -> None:
    make_minutes("f", "completed", range(20, 200))
    make_minutes("f", "failed", range(10, 20))
    (only,) = found_now()
    assert not only.is_over
    make_minutes("f", "completed", range(3))
    cache.clear()
    (only,) = found_now()
    now = timezone.now()
    assert only.is_over
    assert timedelta(minutes=19) <= now - only.since <= timedelta(minutes=20, seconds=10)
    assert timedelta(minutes=10) <= now - only.until <= timedelta(minutes=10, seconds=40)
    assert (only.failed, only.rate) == (10, 1)


@pytest.mark.parametrize(("lasted", "ago", "told"), [(12, 25, 1), (12, 50, 0), (60, 100, 1)])
def test_what_is_over_is_told_the_longer_the_longer_it_lasted(lasted: int, ago: int, told: int) -> None:
    make_minutes("f", "completed", range(ago))
    make_minutes("f", "failed", range(ago, ago + lasted))
    make_minutes("f", "completed", range(ago + lasted, 600, 5))
    assert len(found_now()) == told


def test_an_outage_does_not_make_the_next_one_of_the_day_usual() -> None:
    make_hours("f", good=2, bad=0, hours=range(12, 20))
    make_hours("f", good=0, bad=20, hours=range(8, 12))
    make_hours("f", good=2, bad=0, hours=range(1, 8))
    make_minutes("f", "failed", range(10))
    (only,) = found_now()
    assert (only.failed, only.usual) == (10, 0)


def test_what_goes_on_comes_before_what_is_over() -> None:
    make_minutes("over", "failed", range(20, 60))
    make_minutes("over", "completed", range(10))
    make_minutes("ongoing", "failed", range(8))
    for name in ("over", "ongoing"):
        make_minutes(name, "completed", range(60, 400, 5))
    assert [(one.function_id, one.is_over) for one in found_now()] == [("ongoing", False), ("over", True)]
