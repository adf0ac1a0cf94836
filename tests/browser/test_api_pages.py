"""The API's pages for people: the documentation and the browsable answers."""

import pytest
from playwright.sync_api import expect

from ops.access.models import User
from runs.models import Run
from tests.browser.conftest import Browse
from tests.factories import make_run


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_documentation_keeps_the_strict_policy(browse: Browse, operator: User, theme: str) -> None:
    window = browse(operator, theme=theme)
    page = window.open("/api/docs")
    expect(page.locator("#operations-runs-runs_list")).to_be_visible()
    page.locator("#operations-runs-runs_list .opblock-summary-control").click()
    expect(page.locator("#operations-runs-runs_list .opblock-body")).to_be_visible()
    assert (window.refused(), window.trouble) == ([], [])


def test_a_call_can_be_tried_from_the_documentation_as_oneself(browse: Browse, operator: User) -> None:
    run = make_run()
    window = browse(operator)
    page = window.open("/api/docs")
    verb = page.locator("#operations-runs-runs_cancel")
    verb.locator(".opblock-summary-control").click()
    verb.get_by_role("button", name="Try it out").click()
    verb.get_by_placeholder("id", exact=True).fill(run.pk)
    verb.locator("textarea").fill('{"reason": "tried"}')
    verb.get_by_role("button", name="Execute").click()
    expect(verb.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
    assert Run.objects.get(pk=run.pk).status == "cancelled"
    assert (window.refused(), window.trouble) == ([], [])


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_a_run_is_found_and_cancelled_in_the_browsable_api(
    browse: Browse, operator: User, width: int, theme: str
) -> None:
    run = make_run(function_id="<script>alert(1)</script>")
    for _ in range(2):
        make_run(status="failed", event=run.event)
    window = browse(operator, width=width, theme=theme)
    page = window.open("/api/")
    page.get_by_role("link", name="/api/runs").click()
    expect(page.locator("#answer")).to_contain_text("<script>alert(1)</script>")
    faults = [*window.axe()]
    page.locator("#filter summary").click()
    page.get_by_label("State", exact=True).select_option("queued")
    page.locator("#filter").get_by_role("button", name="Apply").click()
    page.locator("#answer").get_by_role("link", name=f"/api/runs/{run.pk}", exact=True).click()
    page.get_by_role("link", name="Cancel run", exact=True).click()
    faults += window.axe()
    page.locator("#post-form").get_by_label("Reason").fill("by its form")
    page.locator("#post-form").get_by_role("button").click()
    expect(page.locator("#answer")).to_contain_text('"outcome": "done"')
    assert Run.objects.get(pk=run.pk).status == "cancelled"
    faults += [*window.axe(), *window.refused()]
    assert faults == []
    assert window.sideways() <= 0


def test_pages_of_the_api_are_turned_and_their_options_asked(browse: Browse, operator: User) -> None:
    for _ in range(3):
        make_run()
    window = browse(operator)
    page = window.open("/api/runs?limit=2")
    page.get_by_role("link", name="Next").click()
    expect(page.locator("#answer")).to_contain_text('"previous": "http')
    page.get_by_role("link", name="Previous").click()
    page.get_by_role("button", name="OPTIONS").click()
    expect(page.locator("#answer")).to_contain_text('"parses"')
    page.locator("#crumbs").get_by_role("link", name="API").click()
    expect(page.locator("#answer")).to_contain_text("/api/runs")
    page = window.open("/api/nowhere")
    expect(page.locator("#answer")).to_contain_text("not_found")
    assert window.refused() == []


def test_a_visitor_is_shown_the_way_to_sign_in(browse: Browse) -> None:
    page = browse(None).open("/api/runs")
    page.get_by_role("link", name="Sign in").click()
    assert "/login?next=/api/runs" in page.url.replace("%2F", "/")
