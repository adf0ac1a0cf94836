"""An operator acts on everything that matches: from the filter to the undo, in a real browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from ops.access.models import User
from ops.jobs import worker
from ops.jobs.models import Job
from runs.models import Run
from tests.browser.conftest import Browse, Visit
from tests.factories import make_event, make_function, make_run, make_step
from tests.ops.jobs.test_job import job_of, start

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 120
SCREENS = pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])


@pytest.fixture
def queued(transactional_db: None) -> None:
    """More queued runs than may be confirmed without typing their number, and others."""
    make_function("charge-card")
    event = make_event()
    for _ in range(MANY):
        make_run(event=event)
    make_run("sync-crm", "failed", event=event)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that there is something to stop."""
    monkeypatch.setitem(worker.LARGEST, "sqlite", 40)


def in_order(visit: Visit) -> None:
    """Accessible, within the policy, no wider than the window, for thumbs on a phone."""
    assert visit.axe() == []
    assert (visit.refused(), visit.trouble, visit.sideways()) == ([], [], 0)
    if visit.page.viewport_size == {"width": 390, "height": 844}:
        assert "\n".join(visit.small_targets()) == ""


def live(page: Page) -> None:
    """What happens every few seconds."""
    page.evaluate("document.body.dispatchEvent(new CustomEvent('live'))")


def state(page: Page, wanted: str) -> None:
    expect(page.locator("#job")).to_have_attribute("data-state", wanted)


def prepared(page: Page) -> None:
    """From the filter to the preview."""
    page.locator("#all-that-match summary").click()
    page.get_by_role("button", name="Cancel all…").click()
    page.wait_for_url(re.compile(r"/ops/jobs/\d+$"))
    state(page, "ready")
    expect(page.locator("#expected")).to_contain_text(f"{MANY} will be cancelled")


@SCREENS
def test_from_the_filter_to_the_undo(
    browse: Browse, operator: User, queued: None, width: int, theme: str
) -> None:
    visit = browse(operator, width=width, theme=theme)
    page = visit.open("/runs?state=queued")
    prepared(page)
    page.get_by_label("Reason").fill("Wrong release")
    page.get_by_label(f"Type {MANY}").fill("12")
    page.locator("#do").click()
    expect(page.locator(".field-bad .field-error")).to_contain_text(f"Type {MANY}")
    expect(page.get_by_label("Reason")).to_have_value("Wrong release")
    assert not Run.objects.filter(status="cancelled").exists()
    in_order(visit)

    page.get_by_label(f"Type {MANY}").fill(str(MANY))
    page.locator("#do").click()
    state(page, "running")
    job = Job.objects.get()
    worker.work(job.pk, seconds=0)
    live(page)
    expect(page.locator("#progress-text")).to_contain_text(f"40 of {MANY}")
    in_order(visit)

    page.get_by_role("button", name="Stop").click()
    state(page, "stopped")
    assert worker.work(job.pk, seconds=5) is False
    assert Run.objects.filter(status="cancelled").count() == 40
    page.get_by_role("button", name="Resume").click()
    state(page, "running")
    while worker.work(job.pk, seconds=1):
        pass
    live(page)
    state(page, "finished")
    assert Run.objects.filter(status="cancelled").count() == MANY

    page.locator("#items").get_by_role("checkbox", name="Done").check()
    page.locator("#items").get_by_role("button", name="Filter").click()
    expect(page.locator("#items tbody tr")).to_have_count(50)
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as CSV").click()
    assert len(download.value.path().read_text(encoding="utf-8").splitlines()) == MANY + 1
    in_order(visit)

    page.get_by_role("button", name="Prepare undo").click()
    page.wait_for_url(re.compile(rf"/ops/jobs/(?!{job.pk}$)\d+$"))
    state(page, "ready")
    expect(page.locator("#expected")).to_contain_text(f"{MANY} will be replayed")
    expect(page.locator(".facts")).to_contain_text(f"Undo of\nJob {job.pk}", use_inner_text=True)
    in_order(visit)


def test_a_job_is_made_confirmed_and_seen_without_scripts(
    browse: Browse, operator: User, queued: None
) -> None:
    page = browse(operator, scripts=False).open("/runs?state=queued")
    prepared(page)
    page.get_by_label("Reason").fill("Wrong release")
    page.get_by_label(f"Type {MANY}").fill(str(MANY))
    page.locator("#do").click()
    state(page, "running")
    while worker.work(Job.objects.get().pk, seconds=1):
        pass
    page.reload()
    state(page, "finished")


@SCREENS
def test_the_lists_of_jobs_and_the_replay_of_one_run_are_in_order(
    browse: Browse, operator: User, queued: None, width: int, theme: str
) -> None:
    start(job_of(operator, state=["queued"]), operator)
    run = make_run("charge-card", "failed", event=make_event(data={"total": 1}), error="declined")
    make_step(run, "reserve")
    make_step(run, "charge", "failed", error="declined")
    visit = browse(operator, width=width, theme=theme)
    for address in ("/ops/jobs", "/ops/cancellations", "/ops/replays", "/ops/jobs?state=odd"):
        visit.open(address)
        in_order(visit)
    page = visit.open(f"/runs/{run.pk}/replay")
    page.get_by_text("With another input").click()
    page.get_by_label("Input, as JSON").fill('{"total": 2}')
    page.get_by_role("button", name="Show the difference").click()
    expect(page.locator(".diff-added")).to_contain_text('"total": 2')
    in_order(visit)
    page.get_by_label("Reason").fill("Wrong total")
    page.get_by_role("button", name="Replay this run").click()
    page.wait_for_url(re.compile(rf"/runs/(?!{run.pk})[0-9a-f-]+$"))
    expect(page.locator(".messagelist")).to_contain_text("This is the replay of")
    assert visit.sideways() == 0


@SCREENS
def test_several_are_replayed_from_the_list(
    browse: Browse, operator: User, queued: None, width: int, theme: str
) -> None:
    visit = browse(operator, width=width, theme=theme)
    page = visit.open("/runs?state=queued")
    for box in page.locator("[name=_selected_action]").all()[:2]:
        box.check()
    page.get_by_role("button", name="Replay 2 runs").click()
    expect(page.get_by_label("Where to start")).to_be_visible()
    in_order(visit)


def test_a_replay_job_asks_for_its_rate(browse: Browse, operator: User, queued: None) -> None:
    visit = browse(operator, width=390)
    page = visit.open("/runs?state=failed")
    page.locator("#all-that-match summary").click()
    page.get_by_role("button", name="Replay all…").click()
    expect(page.get_by_label("New runs per second")).to_have_value("50")
    in_order(visit)
    page.get_by_label("Stop above").fill("10")
    page.get_by_label("Reason").fill("Fixed")
    page.locator("#do").click()
    state(page, "running")
    assert Job.objects.get().brake == 10
