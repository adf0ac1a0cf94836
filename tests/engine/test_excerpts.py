"""Long values in parts: byte for byte what the whole column holds."""

import pytest
from django.db import connection

from events.models import Event
from ops.engine import excerpts as parts
from ops.engine.excerpts import Excerpt, Stored, excerpts
from ops.engine.values import Payload
from runs.models import Run
from tests.factories import make_event, make_run

pytestmark = pytest.mark.django_db
TEXTS = ["{}", '"aß€😀ÄÖÜ☃"', "[" + ", ".join(['"€😀"'] * 40) + "]", '{"a": "' + "x" * 100 + '"}', "null"]


def stored(text: str) -> tuple[Stored, str]:
    """A run with this output, and what its column holds: jsonb spells it in a way of its own."""
    run = make_run(status="completed", output=Payload(text))
    return Stored(Run, run.pk, "output"), Run.objects.get(pk=run.pk).output.text


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("length", [1, 3, 7, 1_000])
def test_slices_put_together_are_the_value(text: str, length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "SLICE", {connection.vendor: length})
    value, whole = stored(text)
    assert "".join(value.slices()) == whole


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("most", [1, 4, 9, 10_000])
def test_an_excerpt_is_the_beginning_and_knows_the_size_of_all(text: str, most: int) -> None:
    value, whole = stored(text)
    found = value.excerpt(most)
    assert found is not None
    assert whole.startswith(found.text)
    assert found.size == len(whole.encode())
    assert found.is_whole == (found.text == whole)
    assert len(found.text.encode()) >= min(most - 3, found.size)


def test_a_value_that_is_not_there_has_no_excerpt_and_no_slice() -> None:
    run = make_run()
    nobody = "01900000-0000-7000-8000-000000000000"
    assert excerpts(Run, run.pk, ["output", "input"], 9) == {"output": None, "input": Excerpt("{}", 2)}
    assert list(Stored(Run, run.pk, "output").slices()) in ([], [""])
    assert Stored(Run, nobody, "output").excerpt(9) is None
    assert list(Stored(Run, nobody, "output").slices()) in ([], [""])


@pytest.mark.sqlite
@pytest.mark.parametrize("stored", [b"\xff\xfe\x00a", b'{"a": "\xc3', b"a\x00b"])
def test_what_is_no_text_at_all_is_read_as_the_whole_column_is(
    stored: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "SLICE", {"sqlite": 2})
    event = make_event()
    for kind in ("BLOB", "TEXT"):
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE events SET data = CAST(%s AS {kind}) WHERE id = %s", [stored, event.pk])  # noqa: S608
        whole = Event.objects.get(pk=event.pk).data.text
        assert "".join(Stored(Event, event.pk, "data").slices()) == whole
        found = Stored(Event, event.pk, "data").excerpt(100)
        assert found == Excerpt(whole, len(stored))
