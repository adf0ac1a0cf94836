"""What machines ask: alive, ready, figures."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console import __version__
from ops.access.models import User
from ops.engine import schema
from ops.health import broker, measurements
from ops.jobs.models import Job
from ops.platform.prepared import require_prepared
from runs.models import Run
from runs.states import State
from tests.console.trouble import break_database, restored
from tests.factories import make_run

pytestmark = pytest.mark.django_db(transaction=True)

TOKEN = "a token of the tests"
WELL = {"database": "ok", "prepared": "ok", "schema": "ok", "broker": "ok", "cache": "ok"}


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    with restored():
        yield
    require_prepared.cache_clear()
    schema.recent.forget()
    broker.recent.forget()


@pytest.fixture
def scraper(settings: pytest.FixtureRequest) -> Client:
    settings.METRICS_TOKEN = TOKEN  # type: ignore[attr-defined]
    return Client(headers={"Authorization": f"Bearer {TOKEN}"})


def value(text: str, name: str) -> float:
    """The value of one line of the exposition format."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    assert found, f"{name} is not in\n{text}"
    return float(found[1])


def test_a_process_is_alive_whatever_the_database_does(client: Client) -> None:
    break_database()
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"alive": True})


def test_ready_when_everything_is_there(client: Client) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"ready": True, "checks": WELL, "reasons": {}})


def test_not_ready_without_the_database_and_says_so_without_internals(client: Client) -> None:
    require_prepared.cache_clear()
    break_database()
    response = client.get("/readyz")
    gone = {"database": "unreachable", "prepared": "unreachable", "schema": "unreachable"}
    told = response.json()
    assert (response.status_code, told["ready"], told["checks"]) == (503, False, WELL | gone)
    assert told["reasons"]["database"] == "No page can be served until the database answers."
    assert told["reasons"].keys() == gone.keys()


def test_an_engine_that_is_unknown_takes_no_process_out_of_service(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE distributed_locks RENAME TO locks")
        try:
            response = client.get("/readyz")
        finally:
            cursor.execute("ALTER TABLE locks RENAME TO distributed_locks")
    told = response.json()
    assert (response.status_code, told["ready"], told["checks"]) == (200, True, WELL | {"schema": "mismatch"})
    assert list(told["reasons"]) == ["schema"]


@pytest.mark.parametrize("address", ["/healthz", "/readyz", "/metrics"])
@pytest.mark.parametrize("host", ["10.1.2.3:8000", "console.example.com", "a b", ""])
def test_machines_are_answered_whatever_host_they_name(scraper: Client, address: str, host: str) -> None:
    assert scraper.get(address, headers={"Host": host}).status_code == 200
    assert scraper.get("/login", headers={"Host": host}).status_code == 400


def test_not_ready_before_prepare_has_been_run(client: Client) -> None:
    require_prepared.cache_clear()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ops_health RENAME TO ops_illness")
        try:
            response = client.get("/readyz")
        finally:
            cursor.execute("ALTER TABLE ops_illness RENAME TO ops_health")
    assert (response.status_code, response.json()["checks"]) == (503, WELL | {"prepared": "unprepared"})


def test_not_ready_once_a_column_of_our_own_is_gone(client: Client) -> None:
    assert client.get("/readyz").status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ops_auditentry RENAME COLUMN door TO gate")
        try:
            response = client.get("/readyz")
        finally:
            cursor.execute("ALTER TABLE ops_auditentry RENAME COLUMN gate TO door")
    assert (response.status_code, response.json()["checks"]) == (503, WELL | {"prepared": "unprepared"})
    assert client.get("/readyz").status_code == 200


def test_probes_are_never_cached_and_only_read(client: Client) -> None:
    for address in ("/healthz", "/readyz"):
        assert "no-store" in client.get(address).headers["Cache-Control"]
        assert client.post(address).status_code == 405


def test_without_a_token_in_the_settings_there_are_no_metrics(client: Client, admin: User) -> None:
    client.force_login(admin)
    assert client.get("/metrics").status_code == 404


@pytest.mark.parametrize(
    "header", ["", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN} "[:-2], "Bearer ü"]
)
def test_metrics_ask_for_the_token(scraper: Client, header: str) -> None:
    response = Client().get("/metrics", headers={"Authorization": header} if header else {})
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert b"choreo" not in response.content


def test_metrics_count_runs_by_the_state_that_people_see(scraper: Client) -> None:
    make_run(status="running", locked_until=timezone.now() - timedelta(minutes=1))
    make_run(status="running", locked_by="console:hold")
    make_run(status="running")
    make_run(status="failed")
    text = scraper.get("/metrics").content.decode()
    for state in State:
        expected = Run.objects.in_state(state).count()
        assert value(text, f'choreo_runs{{state="{state}"}}') == expected
    assert value(text, 'choreo_runs{state="stuck"}') == 1


def test_metrics_count_more_runs_than_pages_do(scraper: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.lists.pagination.COUNT_CAP", 2)
    for status in ("queued", "running", "failed", "completed"):
        for _ in range(4):
            make_run(status=status)
    text = scraper.get("/metrics").content.decode()
    for state in ("queued", "running", "failed", "completed"):
        assert value(text, f'choreo_runs{{state="{state}"}}') == 4
    assert value(text, 'choreo_runs{state="held"}') == 0


def test_open_runs_are_counted_at_each_scrape_and_ended_ones_once_a_minute(scraper: Client) -> None:
    scraper.get("/metrics")
    make_run(status="queued")
    make_run(status="failed")
    text = scraper.get("/metrics").content.decode()
    assert value(text, 'choreo_runs{state="queued"}') == 1
    assert value(text, 'choreo_runs{state="failed"}') == 0
    cache.clear()
    assert value(scraper.get("/metrics").content.decode(), 'choreo_runs{state="failed"}') == 1


def test_metrics_tell_the_version_and_what_jobs_are_and_did(scraper: Client, operator: User) -> None:
    about = {"verb": "runs.cancel", "source": "x", "actor_id": operator.pk}
    Job.objects.create(**about, state="finished", total=9, done=5, skipped=3, failed=1)
    Job.objects.create(**about, state="running", total=9, done=2)
    Job.objects.create(**about, state="running", total=9)
    text = scraper.get("/metrics").content.decode()
    assert f'choreo_console_build_info{{version="{__version__}"}} 1.0' in text
    assert value(text, 'choreo_console_jobs{state="running"}') == 2
    assert value(text, 'choreo_console_jobs{state="failed"}') == 0
    for outcome, count in (("done", 7), ("skipped", 3), ("failed", 1)):
        line = f'choreo_console_job_items_total{{outcome="{outcome}",verb="runs.cancel"}}'
        assert value(text, line) == count


def test_a_scrape_asks_the_same_few_questions_whatever_there_is(scraper: Client, operator: User) -> None:
    scraper.get("/metrics")
    counts = []
    for _ in range(2):
        cache.clear()
        with CaptureQueriesContext(connection) as asked:
            assert scraper.get("/metrics").status_code == 200
        counts.append(len(asked))
        make_run(status="queued")
        make_run(status="failed")
        Job.objects.create(verb="runs.cancel", source="x", actor_id=operator.pk, state="finished", done=1)
    assert counts[0] == counts[1] <= 12


def test_metrics_tell_what_an_alert_is_made_of(scraper: Client) -> None:
    make_run(created_at=timezone.now() - timedelta(minutes=10))
    measurements.measure_and_keep()
    text = scraper.get("/metrics").content.decode()
    assert value(text, "choreo_oldest_queued_seconds") >= 600
    assert value(text, 'choreo_console_health{name="queue"}') == 1
    assert value(text, 'choreo_console_health_age_seconds{name="worker"}') >= 0
    assert value(text, 'choreo_console_extension{name="guard",state="absent"}') == 1
    assert value(text, "choreo_console_audit_entries_total") == 0
    assert 'choreo_console_info{engine="0.1"' in text


def test_what_was_never_measured_has_an_endless_age(scraper: Client) -> None:
    text = scraper.get("/metrics").content.decode()
    assert value(text, 'choreo_console_health_age_seconds{name="worker"}') == float("inf")
