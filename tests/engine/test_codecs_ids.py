"""Ids of the engine's rows: on SQLite any text is an id, on PostgreSQL any spelling of a UUID is the same."""

import uuid

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from events.models import Event
from ops.engine.ids import as_hex, prefix_range, stored_form
from runs.models import Run, Step
from tests.engine.columns import stored
from tests.factories import make_event, make_run, make_step, new_id

HYPHENATED = "0192a7c1-0000-7000-8000-00000000abcd"
SPELLINGS = [HYPHENATED, HYPHENATED.replace("-", ""), HYPHENATED.upper(), f"{{{HYPHENATED}}}"]
NO_UUIDS = ["order-1", "", "x", "0192", "0192a7c1-0000-7000-8000-00000000abcg", "日本", "'; --", "a/b?c#d"]


@pytest.mark.sqlite
@pytest.mark.parametrize("text", [*SPELLINGS, *NO_UUIDS])
def test_sqlite_keeps_and_finds_every_form(db: None, text: str) -> None:
    run = make_run(id=text)
    assert stored(run, "id") == text
    assert Run.objects.get(pk=text).pk == text
    assert list(Run.objects.filter(pk__in=[text, "another"]).values_list("pk", flat=True)) == [text]
    assert stored_form(text) == text


@pytest.mark.sqlite
def test_another_spelling_is_another_id_on_sqlite(db: None) -> None:
    for text in SPELLINGS:
        make_run(id=text)
    assert sorted(Run.objects.values_list("pk", flat=True)) == sorted(SPELLINGS)


@pytest.mark.postgresql
@pytest.mark.parametrize("text", SPELLINGS)
def test_postgresql_knows_an_id_in_every_spelling(db: None, text: str) -> None:
    run = make_run(id=text)
    assert stored(run, "id") == HYPHENATED
    assert Run.objects.get(pk=text).pk == HYPHENATED
    assert stored_form(text) == HYPHENATED


@pytest.mark.postgresql
@pytest.mark.parametrize("text", NO_UUIDS)
def test_postgresql_cannot_hold_what_is_no_uuid(db: None, text: str) -> None:
    assert stored_form(text) is None
    with pytest.raises(ValidationError, match="is not a UUID"):
        Run.objects.filter(pk=text).exists()


def test_what_is_written_is_hyphenated_and_lower_case(db: None) -> None:
    make_run(id=uuid.UUID(HYPHENATED.upper()))
    run = Run.objects.get()
    assert (run.pk, stored(run, "id")) == (HYPHENATED, HYPHENATED)


@pytest.mark.sqlite
def test_a_steps_id_of_either_form_is_kept(db: None) -> None:
    run = make_run()
    for number, text in enumerate(SPELLINGS[:2]):
        assert stored(make_step(run, f"step-{number}", id=text), "id") == text
    assert set(Step.objects.filter(run=run).values_list("pk", flat=True)) == set(SPELLINGS[:2])


def test_a_run_is_joined_to_its_event_by_the_same_codec(db: None) -> None:
    event = make_event()
    run = make_run(event=event)
    assert Run.objects.select_related("event").get().event == event
    assert list(Event.objects.filter(runs__pk=run.pk)) == [event]
    assert isinstance(Run.objects.values_list("event_id", flat=True).get(), str)


def test_ids_are_ordered_by_their_time(db: None) -> None:
    made = sorted(make_run(id=new_id()).pk for _ in range(5))
    assert list(Run.objects.order_by("id").values_list("pk", flat=True)) == made
    assert list(Run.objects.filter(pk__gte=made[3]).values_list("pk", flat=True).order_by("pk")) == made[3:]


@given(st.uuids(), st.integers(4, 32))
def test_a_prefix_finds_every_id_that_begins_with_it(identifier: uuid.UUID, length: int) -> None:
    typed = str(identifier)[: length + length // 8].upper()
    digits = as_hex(typed)
    assert digits is not None
    low, high = prefix_range(digits)
    assert low <= str(identifier) <= high
    assert low.replace("-", "").startswith(digits)
    assert high.replace("-", "").startswith(digits)
