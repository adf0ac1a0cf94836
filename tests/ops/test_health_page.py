"""The page of the console's own health."""

from datetime import timedelta
from socket import gethostname

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from ops.access.models import User
from ops.engine import extensions, schema
from ops.health import measurements
from ops.health.models import Health
from tests.people import enter

pytestmark = pytest.mark.django_db
PAGE = "/ops/health"


@pytest.fixture
def vera(client: Client, viewer: User) -> Client:
    schema.recent.forget()
    extensions.recent.forget()
    return enter(client, viewer)


def text(client: Client, address: str = PAGE) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_tells_readings_extensions_and_workers_and_is_in_the_navigation(vera: Client) -> None:
    measurements.measure_and_keep()
    page = text(vera)
    for reading in measurements.current():
        assert escape(reading.summary) in page
    for status in extensions.status(connection):
        assert status.extension.name in page
        assert status.extension.without in page
    assert gethostname() in page
    assert "Everything that is measured is well" in page
    assert 'href="/ops/health"' in text(vera, "/overview")


def test_what_was_not_measured_lately_is_not_called_well(vera: Client) -> None:
    assert "Never measured" in text(vera)
    measurements.measure_and_keep()
    Health.objects.update(measured_at=timezone.now() - timedelta(minutes=5))
    page = text(vera)
    assert "stale" in page
    assert "Something is not well" in page


def test_every_worker_that_measured_within_ten_minutes_is_named(vera: Client) -> None:
    measurements.measure_and_keep()
    now = timezone.now()
    seen = {"worker-a": now - timedelta(minutes=9), "worker-b": now - timedelta(minutes=11)}
    Health.objects.filter(name="worker").update(
        data={"seen": {host: at.isoformat() for host, at in seen.items()}}
    )
    measurements.measure_and_keep()
    page = text(vera)
    assert "worker-a" in page
    assert gethostname() in page
    assert "worker-b" not in page


def test_a_mismatch_is_told_with_its_reason(vera: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE function_runs RENAME COLUMN locked_by TO holder")
    page = text(vera)
    assert "Operations are refused" in page
    assert "function_runs.locked_by is missing" in page
    schema.recent.forget()


def test_people_without_the_permission_don_t_see_it(client: Client, stranger: User) -> None:
    assert enter(client, stranger).get(PAGE).status_code == 403
