"""Times of the engine's rows: every shape is read, survives being written back, and breaks nothing."""

import copy
import pickle
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import timezone as clock
from hypothesis import given
from hypothesis import strategies as st

from ops.engine.values import EARLIEST, LATEST, Timestamp
from runs.models import Run
from tests.engine.columns import store, stored
from tests.factories import make_run

MOMENT = datetime(2026, 2, 22, 19, 32, 57, 123456, tzinfo=UTC)
SHAPES = {
    "2026-02-22T19:32:57.123456789+00:00": MOMENT,
    "2026-02-22T19:32:57.123456+00:00": MOMENT,
    "2026-02-22T19:32:57.123+00:00": MOMENT.replace(microsecond=123000),
    "2026-02-22T19:32:57+00:00": MOMENT.replace(microsecond=0),
    "2026-02-22T19:32:57.5+00:00": MOMENT.replace(microsecond=500000),
    "2026-02-22 19:32:57": MOMENT.replace(microsecond=0),
    "2026-02-22 19:32:57.123456": MOMENT,
    "2026-02-22T19:32:57Z": MOMENT.replace(microsecond=0),
    "2026-02-22T19:32:57.123456Z": MOMENT,
    "2026-02-22T21:02:57.123456+01:30": MOMENT,
    "2026-02-22T14:32:57.123456-0500": MOMENT,
    "2026-02-22 19:32:57.123456+00": MOMENT,
}
NO_TIMES = [
    "",
    "soon",
    "2026-02-22",
    "2026-13-01T00:00:00+00:00",
    "2026-02-30T00:00:00Z",
    "1771788777",
    "<b>",
]
FAR_OFF = {
    "infinity": LATEST,
    "10000-01-01 00:00:00+00": LATEST,
    "9999-12-31 23:59:59+00": LATEST,
    "-infinity": EARLIEST,
    "0044-03-15 00:00:00+00 BC": EARLIEST,
    "0001-01-01 00:00:00+00": EARLIEST,
}
moments = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9000, 1, 1)).map(  # noqa: DTZ001 - next
    lambda moment: moment.replace(tzinfo=UTC)
)


def reread(run: Run) -> Run:
    return Run.objects.get(pk=run.pk)


@pytest.mark.parametrize(("text", "moment"), SHAPES.items())
def test_every_shape_is_read_as_its_moment(text: str, moment: datetime) -> None:
    found = Timestamp.read(text)
    assert (found, found.known, found.text) == (moment, True, text)
    assert found.utcoffset() == timedelta(0)


@pytest.mark.sqlite
@pytest.mark.parametrize("text", [*SHAPES, *NO_TIMES, *FAR_OFF])
def test_sqlite_writes_back_the_text_that_it_read(db: None, text: str) -> None:
    run = make_run()
    store(run, "started_at", text)
    found = reread(run).started_at
    Run.objects.filter(pk=run.pk).update(started_at=found)
    assert stored(run, "started_at") == text
    assert Run.objects.filter(started_at=found).count() == 1


@pytest.mark.postgresql
@pytest.mark.parametrize("text", [*SHAPES, *FAR_OFF])
def test_postgresql_writes_back_the_moment_that_it_read(db: None, text: str) -> None:
    run = make_run()
    store(run, "started_at", text)
    before = stored(run, "started_at")
    found = reread(run).started_at
    assert found.known == (text not in FAR_OFF)
    Run.objects.filter(pk=run.pk).update(started_at=found)
    assert stored(run, "started_at") == before
    assert Run.objects.filter(started_at=found).count() == 1


@pytest.mark.parametrize(("text", "nearest"), FAR_OFF.items())
def test_what_python_cannot_hold_stands_at_the_nearest_moment(db: None, text: str, nearest: datetime) -> None:
    run = make_run()
    store(run, "ended_at", text)
    found = reread(run).ended_at
    assert (found, found.known) == (nearest, False)
    assert Run.objects.values_list("ended_at", flat=True).get() == nearest


@pytest.mark.parametrize("text", [*NO_TIMES, *FAR_OFF])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_no_stored_text_breaks_a_page_in_any_zone(text: str, zone: str) -> None:
    found = Timestamp.read(text)
    assert found.text == text
    assert not found.known
    assert found.astimezone(ZoneInfo(zone)).isoformat()


@pytest.mark.sqlite
def test_a_blob_in_a_time_column_is_read(db: None) -> None:
    run = make_run()
    store(run, "started_at", b"2026-02-22T19:32:57+00:00")
    assert reread(run).started_at == SHAPES["2026-02-22T19:32:57Z"]


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("microsecond", "text"),
    [(0, "19:32:57+00:00"), (123000, "19:32:57.123+00:00"), (123456, "19:32:57.123456+00:00")],
)
def test_the_console_writes_as_the_engine_does(db: None, microsecond: int, text: str) -> None:
    berlin = timezone(timedelta(hours=1))
    moment = MOMENT.replace(microsecond=microsecond).astimezone(berlin)
    run = make_run()
    Run.objects.filter(pk=run.pk).update(ended_at=moment)
    assert stored(run, "ended_at") == f"2026-02-22T{text}"
    assert stored(make_run(ended_at=moment), "ended_at") == f"2026-02-22T{text}"


def test_null_stays_null(db: None) -> None:
    run = make_run(started_at=None)
    assert reread(run).started_at is None
    assert stored(run, "started_at") is None


@pytest.mark.parametrize("digits", ["", ".5", ".500", ".500000", ".500000000"])
def test_a_range_is_exact_at_its_ends_however_the_engine_spelt_them(db: None, digits: str) -> None:
    run = make_run()
    store(run, "created_at", f"2026-02-22T19:32:57{digits}+00:00")
    moment = datetime(2026, 2, 22, 19, 32, 57, 500000 if digits else 0, tzinfo=UTC)
    just_after = moment + timedelta(microseconds=1)
    assert Run.objects.filter(created_at__gte=moment, created_at__lt=just_after).count() == 1
    assert Run.objects.filter(created_at__lt=moment).count() == 0
    assert Run.objects.filter(created_at__gte=just_after).count() == 0


def test_a_moment_without_a_zone_is_refused(db: None) -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        Timestamp.at(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point
    with pytest.raises(TypeError, match="expected a datetime"):
        Run.objects.filter(created_at=1771788777).count()


@given(moments)
def test_text_and_moment_say_the_same(moment: datetime) -> None:
    text = Timestamp.text_of(moment)
    assert Timestamp.read(text) == moment
    assert Timestamp.text_of(Timestamp.read(text)) == text


@given(moments, moments)
def test_keys_sort_as_their_moments(one: datetime, other: datetime) -> None:
    spelt = [Timestamp.text_of(one), one.isoformat(timespec="microseconds")]
    for text in spelt:
        assert (text < Timestamp.key_of(other)) == (one < other)
        assert (text >= Timestamp.key_of(other)) == (one >= other)


@given(st.text(max_size=40))
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert Timestamp.read(text).text == text


def test_a_timestamp_survives_copying_and_pickling() -> None:
    found = Timestamp.read("2026-02-22T19:32:57.123456789+00:00")
    for again in (copy.deepcopy(found), pickle.loads(pickle.dumps(found))):  # noqa: S301 - our own bytes
        assert (again, again.text) == (found, found.text)
    assert (found + timedelta(seconds=1)).text is None


@pytest.mark.parametrize(
    ("text", "over"), [("infinity", False), ("-infinity", True), ("10000-01-01 00:00+00", False)]
)
@pytest.mark.postgresql
def test_a_far_lease_is_judged_as_the_database_judges_it(db: None, text: str, over: bool) -> None:  # noqa: FBT001 - a parameter
    run = make_run(status="running")
    store(run, "locked_until", text)
    assert Timestamp.is_before(reread(run).locked_until, clock.now()) == over
    assert Run.objects.stuck().exists() == over


def test_pages_show_an_unreadable_time_as_it_is_stored() -> None:
    page = Template("{% load console %}{{ moment|ago }} {{ moment|exact }} {{ moment|counting }}")
    shown = page.render(Context({"moment": Timestamp.read("<soon>")}))
    assert shown == "&lt;soon&gt; &lt;soon&gt; &lt;soon&gt;"
