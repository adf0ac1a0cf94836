"""The audit log in a real browser: who did it is seen at every width, and what is filtered is exported."""

import pytest
from playwright.sync_api import expect

from ops.access.actors import Actor
from ops.access.models import User
from ops.audit import log
from ops.audit.log import Change
from tests.browser.conftest import Browse
from tests.factories import make_run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def entries(transactional_db: None, operator: User) -> None:
    """A cancel and a sign-in."""
    actor = Actor(user=operator, door="page")
    changes = [Change(make_run("charge-card").pk, "done")]
    log.record(actor=actor, verb="runs.cancel", reason="wrong release", changes=changes)
    log.record(actor=actor, verb="auth.sign_in")


@pytest.mark.parametrize("width", [390, 768, 1440])
def test_every_row_says_who_and_why_at_every_width(
    browse: Browse, operator: User, entries: None, width: int
) -> None:
    visit = browse(operator, width=width)
    row = visit.open("/audit?verb=runs.cancel").locator("#audit-list tbody tr")
    expect(row.get_by_text("olga")).to_be_visible()
    expect(row.get_by_text("wrong release")).to_be_visible()
    assert visit.sideways() == 0


def test_what_is_filtered_is_exported(browse: Browse, operator: User, entries: None) -> None:
    page = browse(operator).open("/audit")
    page.get_by_role("link", name="Actions only").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export CSV").click()
    lines = download.value.path().read_text(encoding="utf-8").splitlines()
    assert (len(lines), "charge-card" in lines[1]) == (2, True)
