"""The shell in a real browser: policy, accessibility, keyboard, themes, phone, without scripts."""

import re

import pytest
from playwright.sync_api import expect

from ops.access.models import User
from runs.models import Run
from tests.browser.conftest import Browse
from tests.conftest import person
from tests.factories import make_event, make_function, make_run, make_step

PAGES = (
    "/overview",
    "/runs",
    "/password",
    "/preferences",
    "/admin/",
    "/admin/ops/user/",
    "/admin/ops/user/add/",
    "/admin/ops/user/{vera}/change/",
    "/admin/ops/user/{vera}/password/",
    "/admin/ops/user/{vera}/delete/",
    "/admin/auth/group/",
    "/admin/auth/group/add/",
    "/admin/ops/user/?nonsense=1",
    "/admin/ops/apitoken/",
    "/tokens",
    "/ops/health",
    "/nothing-here",
    "/runs/{run}",
    "/runs/{run}/replay",
    "/runs?state=nonsense",
    "/runs?worker=nobody",
    "/events",
    "/events/{event}",
    "/functions",
    "/functions/charge-card",
    "/audit",
    "/ops/jobs",
    "/ops/operate/runs.cancel?ids={run}",
)


@pytest.fixture
def places(transactional_db: None) -> list[str]:
    """The address of every page, with something to see on it."""
    make_function("charge-card")
    event = make_event(data={"order": {"id": "A-1", "lines": [1, 2, 3]}})
    run = make_run("charge-card", "failed", event=event, error="CardDeclined: insufficient funds\nat …")
    make_step(run, "validate")
    make_step(run, "charge", "failed", error="CardDeclined: insufficient funds")
    for status in Run.Status:
        make_run("sync-crm", status)
    vera = person("vera", "Viewer")
    return [path.format(vera=vera.pk, run=run.pk, event=event.pk) for path in PAGES]


@pytest.mark.parametrize(("theme", "rules"), [("light", ()), ("dark", ("color-contrast",))])
def test_every_page_passes_axe_and_the_strict_policy(
    browse: Browse, admin: User, places: list[str], theme: str, rules: tuple[str, ...]
) -> None:
    window = browse(admin, theme=theme)
    faults = []
    for path in places:
        window.open(path)
        faults += [(path, fault) for fault in (*window.axe(*rules), *window.refused())]
    assert not [*faults, *window.trouble], "\n".join(map(str, [*faults, *window.trouble]))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_sign_in_page_passes_axe(browse: Browse, theme: str) -> None:
    window = browse(None, theme=theme)
    window.open("/login")
    assert (window.axe(), window.refused(), window.trouble) == ([], [], [])


def test_no_page_is_wider_than_a_phone_and_every_target_fits_a_thumb(
    browse: Browse, admin: User, places: list[str]
) -> None:
    window = browse(admin, width=390)
    faults = []
    for path in ("/login", *places):
        window.open(path)
        faults += [(path, fault) for fault in (window.sideways(), *window.small_targets()) if fault]
    assert not faults, "\n".join(map(str, faults))


def test_somebody_signs_in_and_out(browse: Browse, operator: User) -> None:
    page = browse(None).open("/runs?q=abc")
    page.get_by_label("User name").fill("olga")
    page.get_by_label("Password").fill("demo")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(r"/runs\?q=abc$"))
    page.locator("summary", has_text="olga").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/login$"))


def test_a_wrong_password_is_said_and_the_sixth_is_locked_out(browse: Browse, operator: User) -> None:
    page = browse(None).open("/login")
    for _ in range(5):
        page.get_by_label("User name").fill("olga")
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Too many attempts")).to_be_visible()


def test_the_theme_stays_and_does_not_flash(browse: Browse, operator: User) -> None:
    page = browse(operator).open("/password")
    page.locator("summary", has_text="olga").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    page.reload(wait_until="commit")
    page.wait_for_selector("body", state="attached")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(15, 18, 23)"
    elsewhere = browse(operator, scripts=False).open("/password")
    assert elsewhere.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(15, 18, 23)"
    page.context.clear_cookies()
    page.goto(page.url)
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_keys_reach_search_and_help(browse: Browse, operator: User) -> None:
    page = browse(operator).open("/password")
    page.locator("main").click()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("searchbox")).to_be_focused()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_opens_above_the_page_passes_axe(browse: Browse, operator: User, theme: str) -> None:
    window = browse(operator, theme=theme)
    page = window.open("/password")
    page.locator("summary", has_text="olga").click()
    faults = window.axe()
    page.get_by_role("button", name="Keyboard").click()
    faults += window.axe()
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("path", ["/admin/ops/user/", "/admin/ops/user/add/"])
def test_a_refusal_passes_axe(browse: Browse, viewer: User, path: str) -> None:
    window = browse(viewer)
    window.open(path)
    assert not window.axe()


def test_on_paper_only_the_content_is_left(browse: Browse, operator: User) -> None:
    page = browse(operator).open("/runs")
    page.emulate_media(media="print")
    expect(page.locator("h1")).to_be_visible()
    for frame in (".side", ".top", ".filters"):
        expect(page.locator(frame).first).to_be_hidden()


def test_tab_reaches_every_link_and_button(browse: Browse, admin: User) -> None:
    page = browse(admin).open("/admin/ops/user/")
    wanted = page.evaluate(
        """() => [...document.querySelectorAll("a[href], button, summary, input")]
        .filter((e) => e.checkVisibility()).map((e, i) => { e.dataset.stop = i; return String(i); })"""
    )
    reached = set()
    for _ in range(len(wanted) + 2):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.dataset.stop"))
    assert set(wanted) <= reached


def test_the_navigation_folds_and_stays_folded(browse: Browse, operator: User) -> None:
    page = browse(operator).open("/password")
    page.get_by_role("button", name="Fold navigation").click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-nav", "narrow")
    assert page.locator("aside.side").bounding_box()["width"] < 60  # type: ignore[index]


def test_the_phone_s_navigation_opens_without_scripts(browse: Browse, operator: User) -> None:
    page = browse(operator, width=390, scripts=False).open("/password")
    page.locator("summary[aria-label=Menu]").click()
    expect(page.locator(".nav-sheet").get_by_role("link", name="Runs")).to_be_visible()


def test_without_scripts_nothing_is_offered_that_needs_them(browse: Browse, operator: User) -> None:
    page = browse(operator, scripts=False).open("/password")
    expect(page.locator(".needs-js").first).to_be_attached()
    assert not [e for e in page.locator(".needs-js").all() if e.is_visible()]
