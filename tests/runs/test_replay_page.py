"""The page on which one run is replayed."""

import html
import re
from typing import Any

import pytest
from django.test import Client

from ops.access.models import User
from ops.audit.models import AuditEntry
from ops.engine.values import Payload
from runs.models import Replay, Run
from tests.factories import make_event, make_run, make_step

pytestmark = pytest.mark.django_db


@pytest.fixture
def olga(client: Client, operator: User) -> Client:
    """The operator's browser."""
    client.force_login(operator)
    return client


@pytest.fixture
def failed() -> Run:
    run = make_run(
        status="failed", event=make_event("order.placed", {"total": -1}), input=Payload('{"total":-1}')
    )
    make_step(run, "reserve")
    make_step(run, "charge", "failed", error="declined")
    return run


def body_of(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def test_the_page_says_which_steps_are_skipped_and_which_run_again(olga: Client, failed: Run) -> None:
    body = body_of(olga.get(f"/runs/{failed.pk}/replay"))
    assert "<dd>reserve</dd>" in body
    assert "<dd>charge and every step after it</dd>" in body
    assert "function that is not registered" in body
    assert Run.objects.count() == 1


def test_a_run_that_was_replayed_before_leads_to_its_newest_replay_and_says_how_that_ended(
    olga: Client, failed: Run
) -> None:
    for _ in range(2):
        olga.post(f"/runs/{failed.pk}/replay", {"confirm": "1", "mode": "start", "reason": "x"})
    newest = Replay.objects.order_by("-created_at", "-pk")[0].run
    Run.objects.filter(pk=newest).update(status="completed")
    link = f'<a class="link mono" href="/runs/{newest}">{newest}</a>'
    body = body_of(olga.get(f"/runs/{failed.pk}/replay"))
    assert f"It has been replayed before, most recently as run {link} (completed)." in body


def chosen(body: str) -> str:
    """Where the page proposes to begin."""
    (value,) = re.findall(r'<input type="radio" name="mode" value="([a-z-]+)" checked>', body)
    return str(value)


def test_a_failed_run_is_replayed_from_its_failed_step_unless_told_otherwise(
    olga: Client, failed: Run
) -> None:
    address = f"/runs/{failed.pk}/replay"
    assert chosen(body_of(olga.get(address))) == "failed-step"
    assert chosen(body_of(olga.post(address, {"compare": "1", "mode": "start"}))) == "start"


def test_without_a_failure_or_a_completed_step_a_replay_begins_at_the_start(olga: Client) -> None:
    completed, no_steps = make_run(status="completed"), make_run(status="failed")
    make_step(completed, "reserve")
    make_step(no_steps, "charge", "failed", error="declined")
    for run in (completed, no_steps):
        assert chosen(body_of(olga.get(f"/runs/{run.pk}/replay"))) == "start"


def test_a_replay_leads_to_the_new_run_and_both_name_each_other(olga: Client, failed: Run) -> None:
    fields = {"confirm": "1", "mode": "failed-step", "reason": "card fixed"}
    answer = olga.post(f"/runs/{failed.pk}/replay", fields)
    link = Replay.objects.get(origin=failed.pk)
    assert (answer.status_code, answer["Location"]) == (303, f"/runs/{link.run}")
    assert failed.pk in body_of(olga.get(answer["Location"]))
    assert link.run in body_of(olga.get(f"/runs/{failed.pk}"))
    assert AuditEntry.objects.filter(verb="runs.replay", reason="card fixed").count() == 1


def test_an_unchanged_input_makes_no_event_of_its_own(olga: Client, failed: Run) -> None:
    unchanged = '{\r\n  "total": -1\r\n}\r\n'
    fields = {"confirm": "1", "mode": "start", "reason": "x", "input": unchanged}
    olga.post(f"/runs/{failed.pk}/replay", fields)
    assert not Replay.objects.get().edited


def test_a_changed_input_is_shown_as_a_difference_before_it_is_used(olga: Client, failed: Run) -> None:
    address, text = f"/runs/{failed.pk}/replay", '{"total": 1}'
    body = body_of(olga.post(address, {"compare": "1", "input": text}))
    assert '<div class="diff-removed">-  "total": -1</div>' in body
    assert '<div class="diff-added">+  "total": 1</div>' in body
    assert Run.objects.count() == 1
    olga.post(address, {"confirm": "1", "mode": "start", "reason": "x", "input": text})
    new = Run.objects.get(pk=Replay.objects.get().run)
    assert new.event is not None
    assert new.event.data.value() == {"total": 1}


@pytest.mark.parametrize(
    ("fields", "says"),
    [({"reason": ""}, "Say why"), ({"input": "{"}, "line 1, column 2"), ({"mode": "odd"}, "odd")],
)
def test_what_cannot_be_used_is_shown_at_its_field_and_nothing_is_done(
    olga: Client, failed: Run, fields: dict[str, str], says: str
) -> None:
    given = {"confirm": "1", "mode": "start", "reason": "x"} | fields
    answer = olga.post(f"/runs/{failed.pk}/replay", given)
    assert answer.status_code == 400
    assert says in body_of(answer)
    assert Run.objects.count() == 1


@pytest.mark.parametrize("text", ["1e200000", "9" * 4300, '"\\ud800"', "[" * 128])
@pytest.mark.parametrize("button", ["compare", "confirm"])
def test_an_input_beyond_the_engine_is_shown_and_never_breaks_the_page(
    olga: Client, failed: Run, text: str, button: str
) -> None:
    answer = olga.post(
        f"/runs/{failed.pk}/replay", {button: "1", "mode": "start", "reason": "x", "input": text}
    )
    assert answer.status_code == (200 if button == "compare" else 400)
    assert Run.objects.count() == 1


@pytest.mark.sqlite
def test_an_event_that_holds_half_a_character_can_be_replayed(olga: Client) -> None:
    run = make_run(status="failed", event=make_event(data=Payload('"\\ud800"')))
    assert olga.get(f"/runs/{run.pk}/replay").status_code == 200


def test_a_viewer_may_not_even_ask(client: Client, viewer: User, failed: Run) -> None:
    client.force_login(viewer)
    assert client.get(f"/runs/{failed.pk}/replay").status_code == 403


def test_a_run_whose_event_is_odd_can_be_replayed(olga: Client) -> None:
    run = make_run(status="failed", event=make_event(data=Payload("null")), input=Payload("null"))
    assert olga.get(f"/runs/{run.pk}/replay").status_code == 200
    olga.post(f"/runs/{run.pk}/replay", {"confirm": "1", "mode": "start", "reason": "x", "input": "null"})
    assert not Replay.objects.get().edited
