"""The pages' door: a confirmation that says what will happen, then the deed and its message."""

import html
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import QuerySet
from django.test import Client
from django.utils import timezone

from ops.audit.models import AuditEntry
from runs.actions.cancel import cancel
from runs.models import Run
from tests.factories import make_run

pytestmark = pytest.mark.django_db
DOOR = "/ops/operate/runs.cancel"


@pytest.fixture
def olga(client: Client, operator: Any) -> Client:
    """The operator's browser."""
    client.force_login(operator)
    return client


def post(client: Client, *runs: Run, **fields: str) -> Any:
    return client.post(DOOR, {"ids": [run.pk for run in runs], **fields})


def cancels() -> QuerySet[AuditEntry]:
    """The entries of the verb; signing in is one too."""
    return AuditEntry.objects.filter(verb="runs.cancel")


def test_the_confirmation_says_what_will_happen_to_each_and_changes_nothing(olga: Client) -> None:
    queued, running, ended = make_run(), make_run(status="running"), make_run(status="completed")
    body = post(olga, queued, running, ended).content.decode()
    assert f'action="{DOOR}"' in body
    assert "Cancel 3 runs" in body
    assert "Cancel 2 runs" in body
    assert "1 will be skipped: Already completed." in body
    assert "1 will be cancelled: A worker is running it and may still overwrite this" in body
    assert 'id="extension-guard"' in body
    assert cancel.final in html.unescape(body)
    assert Run.objects.get(pk=queued.pk).status == "queued"
    assert not cancels().exists()


def test_the_confirmation_can_be_a_link(olga: Client) -> None:
    run = make_run()
    assert "Cancel 1 run" in olga.get(DOOR, {"ids": run.pk}).content.decode()
    assert Run.objects.get(pk=run.pk).status == "queued"


def test_a_confirmed_cancel_is_done_said_and_audited(olga: Client) -> None:
    queued, ended = make_run(), make_run(status="completed")
    response = post(olga, queued, ended, confirm="1", reason="Wrong customer", next="/runs?state=queued")
    assert (response.status_code, response["Location"]) == (303, "/runs?state=queued")
    assert Run.objects.get(pk=queued.pk).status == "cancelled"
    entry = cancels().get()
    assert (entry.actor, entry.door, entry.reason) == ("olga", "page", "Wrong customer")
    body = olga.get("/runs").content.decode()
    assert "1 cancelled; 1 skipped: Already completed." in body
    assert f'href="/audit/{entry.pk}"' in body


def test_without_a_reason_nothing_is_done(olga: Client) -> None:
    run = make_run()
    response = post(olga, run, confirm="1", reason="  ")
    assert response.status_code == 400
    assert "Say why" in response.content.decode()
    assert Run.objects.get(pk=run.pk).status == "queued"


def test_nothing_to_do_has_no_button(olga: Client) -> None:
    body = post(olga, make_run(status="completed")).content.decode()
    assert "There is nothing to do" in body
    assert 'id="do"' not in body


@pytest.mark.parametrize("confirm", [{}, {"confirm": "1", "reason": "because"}])
def test_everything_that_matches_is_refused(olga: Client, confirm: dict[str, str]) -> None:
    run = make_run()
    response = post(olga, run, select_across="1", **confirm)
    assert response.status_code == 400
    assert "act on all that match" in response.content.decode()
    assert Run.objects.get(pk=run.pk).status == "queued"


@pytest.mark.parametrize("confirm", [{}, {"confirm": "1", "reason": "because"}])
def test_no_ids_and_too_many_ids_are_refused(olga: Client, confirm: dict[str, str]) -> None:
    assert "Nothing was selected" in olga.post(DOOR, confirm).content.decode()
    run = make_run()
    ids = [run.pk, *(f"id-{number}" for number in range(1_000))]
    response = olga.post(DOOR, {"ids": ids, **confirm})
    assert response.status_code == 400
    assert "At most 1,000" in response.content.decode()
    assert Run.objects.get(pk=run.pk).status == "queued"


def test_a_thousand_ids_are_not_too_many(olga: Client) -> None:
    ids = [make_run().pk, *(f"id-{number}" for number in range(999))]
    assert olga.post(DOOR, {"ids": ids, "confirm": "1", "reason": "because"}).status_code == 303


def test_odd_ids_are_skipped_and_shown_escaped(olga: Client) -> None:
    response = olga.post(DOOR, {"ids": ["<b>odd</b>", "0192a7c1-55e0-7b1a-9f3a-8b1e22d09f3a"]})
    assert response.status_code == 200
    assert "<b>odd</b>" not in response.content.decode()
    assert "There is no run with this id." in response.content.decode()


def test_a_verb_that_does_not_exist_is_not_found(olga: Client) -> None:
    assert olga.get("/ops/operate/runs.explode").status_code == 404


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_the_way_back_stays_in_the_console(olga: Client, address: str) -> None:
    response = post(olga, make_run(), confirm="1", reason="because", next=address)
    assert response["Location"] == "/runs"


def test_people_without_the_permission_are_refused_and_the_attempt_is_audited(
    client: Client, viewer: Any
) -> None:
    run = make_run()
    assert client.get(DOOR, {"ids": run.pk}).status_code == 302
    client.force_login(viewer)
    assert client.get(DOOR, {"ids": run.pk}).status_code == 403
    assert post(client, run, confirm="1", reason="because").status_code == 403
    assert Run.objects.get(pk=run.pk).status == "queued"
    assert cancels().get().outcome == "refused"


def test_a_stuck_run_can_be_cancelled(olga: Client) -> None:
    run = make_run(status="running", locked_until=timezone.now() - timedelta(hours=1))
    post(olga, run, confirm="1", reason="its worker is gone")
    assert Run.objects.get(pk=run.pk).status == "cancelled"
