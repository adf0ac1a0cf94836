"""The base of every filter: what can't be understood is an error at its field."""

from datetime import UTC, datetime, timedelta
from typing import Any

import django_filters
import pytest
from django.http import QueryDict
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from ops.lists.filters import (
    IdsFilter,
    MomentFilter,
    RepeatedFilter,
    StrictFilterSet,
    WholeNumberFilter,
    moment_of,
)
from ops.platform.errors import InvalidInput
from runs.models import Run

ID = "01a1fb34-41fb-7db1-ad18-32da10bfcb0a"


class Toy(StrictFilterSet):
    """One filter of each kind."""

    colour = django_filters.ChoiceFilter(choices=[("red", "Red"), ("blue", "Blue")])
    shade = django_filters.MultipleChoiceFilter(
        choices=[("dark", "Dark"), ("light", "Light")], distinct=False
    )
    name = RepeatedFilter()
    event_id = IdsFilter()
    since = MomentFilter()
    attempt = WholeNumberFilter(min_value=0, max_value=2**31 - 1)
    text = django_filters.CharFilter()

    class Meta:
        model = Run
        fields: tuple[str, ...] = ()


def checked(query: str) -> dict[str, Any]:
    return Toy(QueryDict(query)).checked()


def faults(query: str) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        checked(query)
    return caught.value.fields


def test_nothing_asked_for_is_nothing_filtered() -> None:
    assert not any(checked("").values())


def test_what_is_understood_comes_out_clean() -> None:
    values = checked(
        f"colour=red&shade=dark&shade=light&name=a&name=b&name=a&event_id={ID}&attempt=3&text=+x+"
    )
    assert values["colour"] == "red"
    assert values["shade"] == ["dark", "light"]
    assert values["name"] == ("a", "b")
    assert ID in values["event_id"]
    assert values["attempt"] == 3
    assert values["text"] == "x"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("color=red", "color"),
        ("colour=green", "colour"),
        ("shade=dark&shade=bright", "shade"),
        ("colour=red&colour=blue", "colour"),
        ("attempt=-1", "attempt"),
        ("attempt=1.5", "attempt"),
        ("attempt=three", "attempt"),
        ("attempt=99999999999999999999", "attempt"),
        ("since=yesterday", "since"),
        ("since=2026-13-01", "since"),
        ("since=2026-02-30T10:00", "since"),
        ("since=0001-01-01T00:00%2B10:00", "since"),
        ("since=9999-12-31T23:59-10:00", "since"),
        ("since=99999d", "since"),
        ("since=1h&since=2h", "since"),
        ("name=a%00b", "name"),
        ("text=a%00b", "text"),
        ("__proto__=1", "__proto__"),
        ("colour__in=red", "colour__in"),
    ],
)
def test_what_is_not_understood_is_an_error_at_its_field(query: str, field: str) -> None:
    assert faults(query).keys() == {field}


@pytest.mark.postgresql
def test_an_id_that_the_database_cannot_hold_is_an_error() -> None:
    assert faults("event_id=nope").keys() == {"event_id"}


def test_every_fault_is_told_at_once() -> None:
    assert faults("colour=green&attempt=x&nope=1&since=soon").keys() == {"colour", "attempt", "nope", "since"}


def test_an_error_says_what_would_be_right() -> None:
    assert "red" in faults("colour=green")["colour"]
    assert "light" in faults("shade=green")["shade"]
    assert "colour" in faults("color=red")["color"]
    assert "24h" in faults("since=soon")["since"]


@pytest.mark.parametrize("name", ["cursor", "limit", "order", "format"])
def test_what_belongs_to_the_list_is_no_filter_and_no_fault(name: str) -> None:
    assert name not in checked(f"{name}=x")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-02-22", datetime(2026, 2, 22, tzinfo=UTC)),
        ("2026-02-22T19:30", datetime(2026, 2, 22, 19, 30, tzinfo=UTC)),
        ("2026-02-22T19:30Z", datetime(2026, 2, 22, 19, 30, tzinfo=UTC)),
        ("2026-02-22 19:30:05.5", datetime(2026, 2, 22, 19, 30, 5, 500_000, tzinfo=UTC)),
        ("2026-02-22T19:30+02:00", datetime(2026, 2, 22, 17, 30, tzinfo=UTC)),
        ("2026-02-22T19:30 02:00", datetime(2026, 2, 22, 17, 30, tzinfo=UTC)),  # a `+` that nobody escaped
    ],
)
def test_moments_are_read_as_utc_unless_they_say_otherwise(text: str, moment: datetime) -> None:
    assert moment_of(text) == moment


@pytest.mark.parametrize(("text", "age"), [("30m", timedelta(minutes=30)), ("7 d", timedelta(days=7))])
def test_an_age_is_counted_from_now(text: str, age: timedelta) -> None:
    found = moment_of(text)
    assert found is not None
    assert abs(timezone.now() - age - found) < timedelta(minutes=1)


@given(st.text())
def test_no_text_at_all_breaks_a_moment(text: str) -> None:
    found = moment_of(text)
    assert found is None or found.tzinfo is not None


@given(
    st.dictionaries(st.sampled_from([*Toy.base_filters, "x"]), st.lists(st.text(), max_size=3), max_size=4)
)
def test_no_address_at_all_breaks_the_filter(values: dict[str, list[str]]) -> None:
    data = QueryDict(mutable=True)
    for name, texts in values.items():
        data.setlist(name, texts)
    try:
        Toy(data).checked()
    except InvalidInput as error:
        assert error.fields.keys() <= values.keys()
