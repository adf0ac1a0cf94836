"""The overview: every figure is what the list behind it shows, and nothing in the rows can break it."""

import re
from datetime import timedelta
from html import unescape
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ops.access.models import User
from ops.health import measurements
from ops.jobs.models import Job
from ops.lists.pagination import capped_count
from runs.filters import RunFilter
from runs.models import Run
from runs.stats import statistics
from tests.factories import make_event, make_run
from tests.markup import inline_code
from tests.wild import MARKUP, make_wild_rows

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    cache.clear()


@pytest.fixture
def olga(client: Client, operator: User) -> Client:
    client.force_login(operator)
    return client


def page(client: Client, address: str = "/overview", *, status: int = 200) -> str:
    """The page's text."""
    response = client.get(address)
    assert response.status_code == status
    return response.content.decode()


def listed(link: str) -> int:
    """How many runs the list behind a link holds."""
    path, query = urlsplit(unescape(link))[2:4]
    assert path == "/runs"
    data = QueryDict(query).copy()
    data.pop("order", None)
    return capped_count(Run.objects.branches(RunFilter(data).checked_criteria()))


def make_shop() -> None:
    """Every state, over two days, with an outage and a lost worker."""
    now, event = timezone.now(), make_event()
    for hours in range(1, 30):
        at = now - hours * HOUR
        for status in ("completed", "completed", "cancelled"):
            make_run("charge-card", status, event=event, created_at=at)
        make_run(
            "sync-crm", "completed" if hours > 2 else "failed", event=event, created_at=at, error="Timeout"
        )
    for _ in range(8):
        make_run("sync-crm", "failed", event=event, created_at=now - HOUR, error="ReadTimeout: crm\n trace")
    for minutes in (3, 40):
        make_run(event=event, created_at=now - timedelta(minutes=minutes))
    make_run("charge-card", "running", event=event, locked_by="worker-3")
    for _ in range(2):
        make_run("charge-card", "running", event=event, locked_by="worker-7", locked_until=now - HOUR)
    make_run("paused", "running", event=event, locked_by="console:hold")


def test_each_figure_is_the_number_of_runs_in_the_list_it_leads_to(olga: Client) -> None:
    make_shop()
    tile = r'href="([^"]+)"><span class="kpi-label">([^<]+)</span><b class="kpi-value">([^<]+)'
    tiles = re.findall(tile, page(olga))
    assert [label for _, label, _ in tiles] == [
        "Queued now",
        "Running now",
        "Failed, created in 24 h",
        "Completed, created in 24 h",
        "Oldest waiting now",
        "Stuck now",
    ]
    shown = {label: value for _, label, value in tiles}
    for link, label, value in tiles:
        if label != "Oldest waiting now":
            assert int(value) == listed(link) > 0, label
    assert shown["Oldest waiting now"].startswith("40 m")


@pytest.mark.parametrize("name", ["1h", "6h", "24h", "7d"])
def test_each_bar_is_the_number_of_runs_in_its_list(olga: Client, name: str) -> None:
    make_shop()
    text = page(olga, f"/overview?range={name}")
    areas = re.search(r'class="chart-links".*?</div>', text, re.DOTALL)
    assert areas
    bars = re.findall(r'href="([^"]+)"[^>]*title="([^"]+)"', areas[0])
    assert len(bars) > 20
    for link, title in bars:
        counts = [int(number) for number in re.findall(r"(\d+) [a-z]+", title.split(": ", 1)[1])]
        assert sum(counts) == listed(link), title
    assert sum(listed(link) for link, _ in bars) > 3


def test_failing_functions_lead_to_their_failed_runs(olga: Client) -> None:
    make_shop()
    row = r'href="([^"]+)">([^<]+)</a></td>\s*<td class="[^"]*bad">([^<]+)</td>\s*<td class="[^"]*">(\d+)'
    rows = re.findall(row, page(olga))
    assert [(name, rate, int(count)) for _, name, rate, count in rows] == [("sync-crm", "32 %", 10)]
    assert listed(rows[0][0]) == 10


def test_an_outage_is_told_with_its_begin_its_error_and_its_runs(olga: Client) -> None:
    make_shop()
    (alert,) = re.findall(r'alert-bad">.*?<b>sync-crm</b>(.*?)href="([^"]+)"', page(olga), re.DOTALL)
    assert "fails 100 % of its finished runs, created since" in alert[0]
    assert "usually 0 %" in alert[0]
    assert "ReadTimeout: crm" in alert[0]
    assert listed(alert[1]) == 10


def test_a_lost_worker_is_named_with_its_stuck_runs(olga: Client) -> None:
    make_shop()
    text = page(olga)
    (alert,) = re.findall(r'alert-warn">.*?<b>worker-7</b>(.*?)href="([^"]+)"', text, re.DOTALL)
    assert "holds 2 stuck runs; its last lease ran out 1 h 00 m ago" in alert[0]
    assert listed(alert[1]) == 2
    workers = re.findall(r'href="([^"]+)">(worker-\d)</a></td>\s*<td class="[^"]*num">(\d+)', text)
    assert [(name, int(count)) for _, name, count in workers] == [("worker-7", 2), ("worker-3", 1)]
    assert [listed(link) for link, _, _ in workers] == [2, 1]


def test_without_anything_wrong_there_is_no_alert(olga: Client) -> None:
    make_run(status="completed")
    measurements.measure_and_keep()
    assert 'class="alert' not in page(olga)


def test_an_empty_database_says_what_would_make_a_run(olga: Client) -> None:
    text = page(olga)
    assert "No runs yet" in text
    assert "nothing waits" in text
    assert 'id="by-state"' not in text


def test_an_empty_range_still_shows_its_panels(olga: Client) -> None:
    make_run(status="completed", created_at=timezone.now() - 40 * HOUR)
    text = page(olga, "/overview?range=1h")
    assert "No runs were created in this range" in text
    assert "Nothing failed in this range" in text


def test_too_many_runs_shorten_the_range_and_the_page_says_so(
    olga: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statistics, "BUDGET", {"postgresql": 40, "sqlite": 40})
    make_shop()
    text = page(olga, "/overview?range=7d")
    assert "Figures of the last 6 h: the range holds more than" in text
    assert re.findall(r'href="\?range=(\w+)" aria-current', text) == ["6h"]


def test_a_silent_worker_of_the_console_is_one_line(olga: Client) -> None:
    make_run()
    assert "Never measured: is a Celery worker running" in page(olga)


def test_a_fault_of_the_environment_is_named(olga: Client) -> None:
    make_run()
    measurements.measure_and_keep()
    measurements.keep(
        [measurements.Reading(name="schema", ok=False, summary="The table step_runs is missing.")],
        now=timezone.now(),
    )
    text = page(olga)
    assert "The table step_runs is missing." in text
    assert "Never measured" not in text


@pytest.mark.parametrize("query", ["range=2h", "since=soon", "until=1h", "since=1h&range=6h", "page=2"])
def test_a_range_that_makes_no_sense_is_refused_at_its_field(olga: Client, query: str) -> None:
    make_run()
    text = page(olga, f"/overview?{query}", status=400)
    assert (
        f"<b>{'since' if query == 'until=1h' else 'range' if '&' in query else query.split('=')[0]}</b>"
        in text
    )
    assert 'class="kpi' not in text


def test_a_range_of_ones_own_is_shown(olga: Client) -> None:
    make_shop()
    text = page(olga, "/overview?since=3h&until=2h")
    assert 'id="by-state"' in text
    assert text.count('aria-current="true"') == 0


def test_htmx_gets_the_figures_alone(olga: Client) -> None:
    make_shop()
    text = olga.get("/overview?range=6h", headers={"HX-Request": "true"}).content.decode()
    assert text.lstrip().startswith('<div id="overview" hx-get="/overview?range=6h"')
    assert "<html" not in text


def test_charts_show_the_viewers_own_time(olga: Client) -> None:
    make_shop()
    olga.cookies["zone"] = "Asia/Kolkata"
    assert "30 m each, IST" in page(olga)
    olga.cookies["zone"] = "../../etc/passwd"
    assert "30 m each, UTC" in page(olga)


def test_the_number_of_queries_does_not_depend_on_the_rows(olga: Client) -> None:
    page(olga)
    counts = []
    for _ in range(2):
        make_shop()
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            page(olga)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 21
    with CaptureQueriesContext(connection) as queries:
        page(olga)
    assert len(queries) <= 7


@pytest.mark.parametrize("address", ["/overview", "/overview?range=7d", "/overview?since=500d"])
def test_rows_from_the_wild_break_nothing(olga: Client, address: str) -> None:
    make_wild_rows()
    text = page(olga, address)
    assert MARKUP not in text
    assert inline_code(text) == []


def test_the_page_stays_light(olga: Client) -> None:
    make_shop()
    for name in ("1h", "24h", "7d", "30d"):
        assert len(page(olga, f"/overview?range={name}")) <= 60 * 1024


def test_people_without_the_permission_get_no_figure(client: Client, stranger: User) -> None:
    make_run()
    assert client.get("/overview").status_code == 302
    client.force_login(stranger)
    text = page(client, status=403)
    assert "kpi" not in text


def alert_of(text: str) -> str:
    """The first alert of the page."""
    return text[text.index('<div class="alert') : text.index('class="kpis"')].split('<div class="alert ')[1]


def test_an_incident_is_red_comes_first_and_says_whether_it_goes_on(olga: Client) -> None:
    make_shop()
    alert = alert_of(page(olga))
    assert alert.startswith("alert-bad")
    assert "<b>sync-crm</b>" in alert
    assert '<span class="tag">ongoing</span>' in alert
    for minutes in range(1, 4):
        make_run("sync-crm", "completed", created_at=timezone.now() - timedelta(minutes=minutes))
    cache.clear()
    alert = alert_of(page(olga))
    assert alert.startswith("alert-bad")
    assert re.search(r'<span class="tag">ended \d\d:\d\d</span>', alert)


def test_an_incident_leads_to_a_job_that_replays_it_and_one_that_cancels_what_waits(olga: Client) -> None:
    make_shop()
    make_run("sync-crm")
    forms = re.findall(r'<form method="post" action="/ops/jobs/create">.*?</form>', page(olga), re.DOTALL)
    words = [re.findall(r"<button[^>]*>([^<]+)", form) for form in forms]
    assert words == [["Replay 10 failed"], ["Cancel 1 queued"]]
    for form, verb, runs in zip(forms, ("runs.replay", "runs.cancel"), (10, 1), strict=True):
        given = {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)}
        assert given.pop("csrfmiddlewaretoken")
        assert given.pop("once", "")
        assert given["verb"] == verb
        assert listed(f"/runs?{given['filter']}") == runs
        assert olga.post("/ops/jobs/create", given).status_code == 303
        assert Job.objects.latest("pk").verb == verb


def test_who_may_not_replay_or_cancel_is_offered_neither(client: Client, viewer: User) -> None:
    make_shop()
    client.force_login(viewer)
    text = page(client)
    assert "<b>sync-crm</b>" in text
    assert "/ops/jobs/create" not in text
