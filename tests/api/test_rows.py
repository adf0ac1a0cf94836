"""Rows are told as Django REST framework would tell them, field by field."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework import serializers

from events.api import EventRowSerializer
from events.models import Event
from ops.api.rows import RowSerializer, path_part
from runs.api import RunRowSerializer
from runs.models import Run
from tests.factories import make_event, make_run

pytestmark = pytest.mark.django_db


def field_by_field(serializer: type[RowSerializer], row: Any) -> Any:
    return serializers.Serializer.to_representation(serializer(), row)


def make_rows() -> None:
    now, before = timezone.now(), timezone.now() - timedelta(hours=1)
    make_event(name="tea/ordered & more", idempotency_key="k-1", user_id="Zoë")
    make_run(status="queued", run_after=now)
    make_run(status="running", started_at=before, locked_by="worker-1", locked_until=before)
    make_run(status="running", started_at=before, locked_by="worker-1", locked_until=now + timedelta(hours=1))
    make_run(status="running", locked_by="console:hold", locked_until=now)
    make_run(status="failed", started_at=before, ended_at=now, error="ValueError: no\n" + "x" * 500)
    make_run(status="failed", started_at=now, ended_at=before, error="")
    make_run(status="completed", function_id="a/b & c", created_at=before.replace(microsecond=0))


@pytest.mark.parametrize(("serializer", "model"), [(RunRowSerializer, Run), (EventRowSerializer, Event)])
def test_a_row_is_what_its_fields_declare(serializer: type[RowSerializer], model: Any) -> None:
    make_rows()
    rows = list(model.objects.for_list())
    assert len(rows) > 6
    for row in rows:
        ours, theirs = serializer().to_representation(row), field_by_field(serializer, row)
        assert ours.keys() == theirs.keys()
        # What still goes on is a moment longer.
        assert ours.pop("duration", None) == pytest.approx(theirs.pop("duration", None), abs=5)
        assert ours == theirs


def test_a_run_whose_event_is_gone_is_told_without_its_name() -> None:
    make_run()
    row = Run.objects.for_list().get()
    row.event = None  # as an outer join finds it
    told = RunRowSerializer().to_representation(row)
    assert told == field_by_field(RunRowSerializer, row)
    assert told["event_name"] is None


def test_a_declared_field_is_told_without_further_ado() -> None:
    class WithKey(RunRowSerializer):
        locked_by = None  # type: ignore[assignment]
        key = serializers.CharField(source="concurrency_key", allow_null=True)

    make_run(concurrency_key="tenant-7")
    told = WithKey().to_representation(Run.objects.with_error_ends().get())
    assert told["key"] == "tenant-7"
    assert "locked_by" not in told


@pytest.mark.parametrize(
    ("text", "part"), [("0192a7c1-55e0", "0192a7c1-55e0"), ("a/b", "a%2Fb"), ("é", "%C3%A9")]
)
def test_an_id_is_quoted_where_it_needs_it(text: str, part: str) -> None:
    assert path_part(text) == part
