"""What counts as failing much more than usual."""

from datetime import datetime, timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from runs.incidents import Incident, bad_stretch, common_error, incidents
from runs.spans import until_now
from runs.statistics import read_frame
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
    assert only.until is None


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
    for name, hours in (("late", range(4, 6)), ("long ago", range(14, 16))):
        make_hours(name, good=10, bad=0, hours=range(hours.start))
        make_hours(name, good=0, bad=10, hours=hours)
        make_hours(name, good=10, bad=0, hours=range(hours.stop, 20))
    (only,) = found_now()
    assert (only.function_id, only.failed, only.usual) == ("late", 20, 0)
    assert only.until is not None
    # The last failure was 4:01 hours ago; its bucket ended then or within the half hour after.
    assert timedelta(hours=3) <= timezone.now() - only.until <= timedelta(hours=4, minutes=2)


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


def test_the_most_frequent_error_is_named_by_its_first_line() -> None:
    event = make_event()
    for error in ("\n  Timeout: a\n  trace 1", "Timeout: a\n  trace 2", "Other", "", None):
        make_run("f", "failed", event=event, error=error)
    since = timezone.now() - HOUR
    incident = Incident("f", since, None, failed=5, rate=1, usual=None)
    assert common_error(incident, until_now("24h", now=timezone.now())) == "Timeout: a"


def test_errors_that_say_nothing_name_nothing() -> None:
    make_run("f", "failed", error="\n \n")
    incident = Incident(
        "f", datetime.now(tz=timezone.now().tzinfo) - HOUR, None, failed=5, rate=1, usual=None
    )
    assert common_error(incident, until_now("24h", now=timezone.now())) == ""
