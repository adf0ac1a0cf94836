"""Overview, events and functions in a real browser: policy, accessibility, phone, refresh, ways."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Page, expect

from functions.addresses import function_url
from ops.access.models import User
from tests.browser.conftest import Browse
from tests.factories import make_event, make_function, make_run
from tests.wild import NAMES, make_wild_rows

HOUR = timedelta(hours=1)
PAGES = (
    "/overview",
    "/overview?range=2h",
    "/events",
    "/events?name=order.placed&received_from=24h",
    "/events?received_from=soon",
    "/functions",
    "/functions?q=card",
    "/functions/charge-card",
    "/functions/legacy-export",
)


@pytest.fixture(autouse=True)
def shop(transactional_db: None) -> str:
    """An outage, a lost worker, a backlog, a function that isn't registered; the address of an event."""
    cache.clear()
    now = timezone.now()
    triggers = [{"type": "event", "name": "order.placed"}, {"type": "cron", "schedule": "0 2 * * *"}]
    make_function("charge-card", {"triggers": triggers, "timeout_secs": 60}, created_at=now - 50 * HOUR)
    event = make_event("order.placed", {"order_id": "A-1"}, user_id="ann", idempotency_key="k-1")
    for hours in range(2, 20):
        make_run("charge-card", "completed", event=event, created_at=now - hours * HOUR)
    for minutes in range(1, 9):
        at = now - timedelta(minutes=minutes)
        make_run(
            "charge-card", "failed", event=event, created_at=at, error="CardDeclined: insufficient funds"
        )
    make_run("charge-card", "running", event=event, locked_by="worker-7", locked_until=now - HOUR)
    make_run("legacy-export", "queued", event=event)
    return event.get_absolute_url()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_passes_axe_and_the_strict_policy(
    browse: Browse, operator: User, shop: str, theme: str
) -> None:
    window = browse(operator, theme=theme)
    faults = []
    for path in (*PAGES, shop):
        window.open(path)
        faults += [(path, fault) for fault in (*window.axe(), *window.refused())]
    assert not [*faults, *window.trouble], "\n".join(map(str, [*faults, *window.trouble]))


def test_no_page_is_wider_than_its_window_and_every_target_fits_a_thumb(
    browse: Browse, operator: User, shop: str
) -> None:
    faults = []
    for width in (390, 1440):
        window = browse(operator, width=width)
        for path in (*PAGES, shop):
            window.open(path)
            small = window.small_targets() if width == 390 else []
            faults += [(width, path, fault) for fault in (window.sideways(), *small) if fault]
    assert not faults, "\n".join(map(str, faults))


def test_rows_from_the_wild_run_no_script_and_widen_no_page(browse: Browse, operator: User) -> None:
    make_wild_rows()
    window = browse(operator, width=390)
    names = [*NAMES, "all-null", "deep"]
    for path in ("/overview", "/events", "/functions", *map(function_url, names)):
        window.open(path)
        assert (path, window.sideways(), window.refused()) == (path, 0, [])
    assert window.trouble == []


def test_from_the_overview_to_the_runs_that_fail_is_one_click(browse: Browse, operator: User) -> None:
    page = browse(operator).open("/overview")
    alert = page.locator(".alert-bad")
    expect(alert).to_contain_text("charge-card fails 100 % of its finished runs")
    expect(alert).to_contain_text("CardDeclined: insufficient funds")
    alert.get_by_role("link", name="Show runs").click()
    expect(page).to_have_url(re.compile("/runs\\?state=failed&function_id=charge-card"))
    expect(page.locator("main")).to_contain_text("8 runs")


def test_a_refresh_keeps_what_is_unfolded_and_asks_once(browse: Browse, operator: User) -> None:
    page = browse(operator).open("/overview")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    page.locator("#table-runs-by-state > summary").click()
    make_run("charge-card", "queued")
    cache.clear()
    refresh(page)
    expect(page.locator(".kpi", has_text="Queued").locator("b")).to_have_text("2")
    expect(page.locator("#table-runs-by-state")).to_have_attribute("open", "")
    assert [path for path in asked if not path.startswith("/static/")] == ["/overview"]


def refresh(page: Page) -> None:
    """What live.js does at each interval."""
    with page.expect_response(lambda response: response.request.headers.get("hx-request") == "true"):
        page.evaluate("document.body.dispatchEvent(new CustomEvent('live'))")


def test_charts_speak_the_viewers_time_from_the_second_page_on(browse: Browse, operator: User) -> None:
    page = browse(operator, zone="Asia/Kolkata").open("/overview")
    page.reload()
    expect(page.locator("#by-state .card-head")).to_contain_text("IST")


def test_a_range_of_ones_own_is_chosen_without_scripts(browse: Browse, operator: User) -> None:
    page = browse(operator, scripts=False).open("/overview")
    page.locator("summary", has_text="Custom").click()
    page.get_by_label("From", exact=True).fill("3h")
    page.get_by_role("button", name="Show this range").click()
    expect(page.locator("#by-state")).to_be_visible()
    assert "since=3h" in page.url


def test_from_an_event_to_its_function_and_back(browse: Browse, operator: User, shop: str) -> None:
    page = browse(operator).open("/events?name=order.placed")
    page.locator(".row-link").first.click()
    expect(page).to_have_url(re.compile(f"{shop}$"))
    expect(page.locator("#payload")).to_contain_text("A-1")
    page.get_by_role("link", name="Events · order.placed").click()
    expect(page).to_have_url(re.compile(r"/events\?name=order.placed$"))


def test_a_viewer_is_told_who_sees_payloads(browse: Browse, viewer: User, shop: str) -> None:
    page = browse(viewer).open(shop)
    expect(page.locator("#payload")).to_contain_text("Payloads are shown to: Operator, Admin.")
    expect(page.locator("body")).not_to_contain_text("A-1")


def test_a_charts_figures_are_said_to_the_mouse_a_finger_and_the_keys(browse: Browse, operator: User) -> None:
    page = browse(operator).open("/overview")
    chart = page.locator("#by-state .chart-links")
    tip = page.locator(".chart-tip")
    column = chart.locator("> *").nth(40)
    column.hover()
    expect(tip).to_have_text(re.compile("completed|nothing|failed"))
    page.mouse.move(0, 0)
    expect(tip).to_have_count(0)
    chart.locator("> *").last.focus()
    last = tip.text_content()
    page.keyboard.press("ArrowLeft")
    expect(tip).not_to_have_text(str(last))
    page.keyboard.press("Escape")
    expect(tip).to_have_count(0)
    column.dispatch_event("pointerdown", {"pointerType": "touch"})
    column.dispatch_event("click")
    expect(tip).to_have_count(1)
    assert urlsplit(page.url).path == "/overview"
    column.dispatch_event("pointerdown", {"pointerType": "touch"})
    column.dispatch_event("click")
    page.wait_for_url("**/runs?*")
