"""The small scripts of every page: refreshing, time, copying, selecting, keys, JSON."""

import json
import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from ops.access.models import User
from ops.engine.values import Payload
from runs.models import Run
from tests.browser.conftest import Browse
from tests.factories import make_event, make_run

TICK = "document.body.dispatchEvent(new CustomEvent('live'))"


@pytest.fixture
def runs(transactional_db: None) -> list[Run]:
    return [make_run("charge-card", "queued") for _ in range(5)]


@pytest.fixture
def listing(browse: Browse, operator: User, runs: list[Run]) -> Page:
    return browse(operator).open("/runs")


def badges(page: Page) -> list[str]:
    return [badge.inner_text() for badge in page.locator(".list .badge").all()]


def test_a_tick_brings_what_changed(listing: Page, runs: list[Run]) -> None:
    assert badges(listing) == ["Queued"] * 5
    Run.objects.filter(pk=runs[0].pk).update(status="cancelled")
    listing.evaluate(TICK)
    expect(listing.locator(".list .badge-cancelled")).to_have_count(1)


def test_it_ticks_by_itself_every_five_seconds_and_not_when_paused(listing: Page, runs: list[Run]) -> None:
    menu = listing.locator("[data-live-menu]")
    expect(menu).to_contain_text("live · 5 s")
    with listing.expect_request(lambda request: "HX-Request".lower() in request.headers, timeout=8_000):
        pass
    menu.locator("summary").click()
    menu.get_by_role("button", name="paused").click()
    expect(menu.locator("summary")).to_have_text("paused")
    listing.reload()
    expect(menu.locator("summary")).to_have_text("paused")


def test_a_failing_server_leaves_the_values_dimmed_and_comes_back_by_itself(listing: Page) -> None:
    listing.route("**/runs*", lambda route: route.fulfill(status=503, body="no"))
    listing.evaluate(TICK)
    expect(listing.locator("#run-list")).to_have_class(re.compile("is-stale"))
    expect(listing.locator("#run-list .as-of")).to_contain_text(
        re.compile(r"as of \d\d:\d\d:\d\d, reconnecting")
    )
    expect(listing.locator("[data-live-menu] summary")).to_contain_text("stale since")
    assert badges(listing) == ["Queued"] * 5
    listing.unroute("**/runs*")
    listing.evaluate(TICK)
    expect(listing.locator(".is-stale")).to_have_count(0)
    expect(listing.locator("[data-live-menu] summary")).to_contain_text("live")


def test_an_ended_session_leads_to_sign_in_and_back(listing: Page) -> None:
    listing.context.clear_cookies()
    listing.evaluate(TICK)
    expect(listing).to_have_url(re.compile(r"/login\?next=%2Fruns$"))


def test_times_are_in_the_zone_of_the_viewer_and_in_utc_without_scripts(
    browse: Browse, operator: User, transactional_db: None
) -> None:
    run = make_run("charge-card", "completed", created_at=datetime(2026, 2, 22, 19, 32, 57, tzinfo=UTC))
    seen = browse(operator, zone="Asia/Tokyo").open(f"/runs/{run.pk}")
    expect(seen.locator("time[data-time=exact]").first).to_contain_text(
        re.compile(r"2026-02-23 04:3\d:\d\d.* GMT\+9")
    )
    User.objects.update(time_zone="America/New_York")
    own = browse(operator, zone="Asia/Tokyo").open(f"/runs/{run.pk}")
    expect(own.locator("time[data-time=exact]").first).to_contain_text(
        re.compile(r"2026-02-22 14:3\d:\d\d.* EST")
    )
    plain = browse(operator, zone="Asia/Tokyo", scripts=False).open(f"/runs/{run.pk}")
    expect(plain.locator("time[data-time=exact]").first).to_contain_text(
        re.compile(r"2026-02-22 19:3\d:\d\d.* UTC")
    )


def test_selecting_a_range_slides_the_bar_in_and_survives_a_refresh(listing: Page) -> None:
    boxes = listing.locator("[name=_selected_action]")
    bar = listing.locator("[data-select-bar]")
    expect(bar).to_be_hidden()
    boxes.nth(1).click()
    boxes.nth(3).click(modifiers=["Shift"])
    expect(bar).to_contain_text("3 selected")
    expect(bar.get_by_role("button", name="Cancel 3 runs")).to_be_visible()
    listing.evaluate(TICK)
    listing.wait_for_load_state("networkidle")
    expect(listing.locator("[name=_selected_action]:checked")).to_have_count(3)
    bar.get_by_role("button", name="Clear").click()
    expect(bar).to_be_hidden()


def test_a_selection_is_offered_only_what_can_do_something(listing: Page, runs: list[Run]) -> None:
    Run.objects.filter(pk__in=[run.pk for run in runs[:2]]).update(status="failed")
    listing.reload()
    boxes, bar = listing.locator("[name=_selected_action]"), listing.locator("[data-select-bar]")
    boxes.nth(3).click()
    boxes.nth(4).click()
    expect(bar.get_by_role("button", name="Cancel")).to_be_hidden()
    expect(bar.get_by_role("button", name="Replay 2 runs")).to_be_visible()
    boxes.nth(0).click()
    expect(bar.get_by_role("button", name="Cancel 1 of 3 runs")).to_be_visible()


def test_a_run_that_left_the_list_is_no_longer_selected(listing: Page, runs: list[Run]) -> None:
    listing.locator("[data-select-all]").click()
    expect(listing.locator("[data-select-bar]")).to_contain_text("5 selected")
    Run.objects.filter(pk=runs[0].pk)._raw_delete("default")
    listing.evaluate(TICK)
    expect(listing.locator("[data-select-bar]")).to_contain_text("4 selected")


def test_the_list_is_worked_by_keys(listing: Page, runs: list[Run]) -> None:
    listing.locator("h1").click()
    for key in ("j", "j", "k", "j", "x"):
        listing.keyboard.press(key)
    expect(listing.locator("[data-select-bar]")).to_contain_text("1 selected")
    expect(listing.locator("[name=_selected_action]").nth(1)).to_be_checked()
    listing.keyboard.press(" ")
    expect(listing.get_by_role("dialog", name="Quick view")).to_contain_text(runs[3].pk)
    listing.keyboard.press("Escape")
    listing.keyboard.press("Enter")
    expect(listing).to_have_url(re.compile(runs[3].pk))


def test_keys_stay_letters_while_somebody_types(listing: Page) -> None:
    field = listing.locator("[data-find]")
    field.click()
    listing.keyboard.type("j/k?x")
    expect(field).to_have_value("j/k?x")
    expect(listing.locator("dialog[open]")).to_have_count(0)


def test_without_scripts_the_selection_is_a_plain_form(
    browse: Browse, operator: User, runs: list[Run]
) -> None:
    page = browse(operator, scripts=False).open("/runs")
    page.locator("[name=_selected_action]").nth(0).check()
    page.get_by_role("button", name="Cancel selected runs").click()
    expect(page.get_by_label("Reason")).to_be_visible()
    expect(page.locator("main")).to_contain_text(runs[4].pk[-4:])


@pytest.fixture
def payload_page(browse: Browse, operator: User, transactional_db: None) -> Page:
    value = {"order": {"id": "A-1", "total": 12}, "lines": [{"sku": "x"}, {"sku": "needle"}], "odd key": None}
    text = json.dumps(value).replace("12}", "12345678901234567890.10}")
    event = make_event(data=Payload(text))
    return browse(operator).open(f"/events/{event.pk}")


def clipboard(page: Page) -> str:
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_json_is_copied_exactly_and_paths_by_their_keys(payload_page: Page) -> None:
    view = payload_page.locator(".json").first
    view.get_by_role("button", name="Copy").click()
    expect(payload_page.locator(".toast")).to_have_text("Copied")
    copied = clipboard(payload_page)
    assert "12345678901234567890.10" in copied
    assert json.loads(copied)["lines"][1] == {"sku": "needle"}
    view.locator(".k", has_text="sku").nth(1).click()
    payload_page.wait_for_function("navigator.clipboard.readText().then((text) => text === '$.lines[1].sku')")
    view.locator(".k", has_text="odd key").click()
    payload_page.wait_for_function("navigator.clipboard.readText().then((text) => text === '$[\"odd key\"]')")


def test_json_is_searched_and_unfolded_to_what_is_found(payload_page: Page) -> None:
    view = payload_page.locator(".json").first
    view.get_by_role("button", name="Fold", exact=True).click()
    expect(view.locator(".s", has_text="needle")).to_be_hidden()
    view.get_by_role("searchbox").fill("NEEDLE")
    expect(view.locator("mark")).to_have_text("needle")
    expect(view.locator("mark")).to_be_visible()
    expect(view.locator("[data-json-found]")).to_have_text("1 found")
    view.get_by_role("searchbox").fill("")
    expect(view.locator("mark")).to_have_count(0)


def test_a_big_value_is_loaded_when_asked_for(browse: Browse, operator: User, transactional_db: None) -> None:
    event = make_event(data={"lines": ["x" * 50] * 1_000, "zz": "the end"})
    window = browse(operator)
    page = window.open(f"/events/{event.pk}")
    expect(page.locator(".json").first).not_to_contain_text("the end")
    page.get_by_role("link", name="Load all").click()
    expect(page.locator(".json").first).to_contain_text("the end")
    assert (window.refused(), window.trouble) == ([], [])
