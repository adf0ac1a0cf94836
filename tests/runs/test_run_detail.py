"""The page of one run: what it says first, what it shows to whom, what it costs."""

import html
import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from ops.engine.values import Payload
from runs.models import Mode, Replay, Run
from tests.factories import make_event, make_function, make_run, make_step, new_id
from tests.wild import MARKUP, make_wild_rows

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def fresh_cache() -> None:
    cache.clear()


@pytest.fixture
def page(client: Client, operator: Any) -> Any:
    """GET as the operator; the body as text."""
    client.force_login(operator)

    def get(address: str, status: int = 200, headers: dict[str, str] | None = None) -> str:
        response = client.get(address, headers=headers)
        body = response.getvalue().decode()
        assert response.status_code == status, body[:2000]
        return body

    return get


def text_of(body: str) -> str:
    """What a person reads: without tags, blanks folded."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def failed_run(**columns: Any) -> Run:
    """A run that failed in its second step."""
    error = "CardDeclined: insufficient funds\n  File billing.py, line 88\n    raise CardDeclined"
    run = make_run("charge-card", "failed", attempt=3, error=error, **columns)
    at = run.created_at + timedelta(seconds=1)
    make_step(run, "validate", started_at=at, ended_at=at + timedelta(milliseconds=300))
    make_step(
        run, "charge", "failed", started_at=at + timedelta(seconds=1), ended_at=at + timedelta(seconds=2)
    )
    return run


def test_a_failed_run_says_first_why_and_where(page: Any) -> None:
    run = failed_run()
    body = page(run.get_absolute_url())
    assert f"<title>Failed · charge-card · {run.pk[:8]}…{run.pk[-4:]}" in body
    assert body.index('id="why"') < body.index('id="timeline"')
    words = text_of(body)
    assert "CardDeclined: insufficient funds" in words
    assert "In step charge · attempt 3 of 3" in words
    assert "Full error, 3 lines" in words
    assert "/runs?state=failed&amp;function_id=charge-card&amp;created_from=24h" in body
    assert "Step charge" in words


def test_the_sdks_error_names_the_step_of_which_there_is_no_row(page: Any) -> None:
    run = make_run(status="failed", error="Step authorise failed: card_declined")
    assert "In step authorise ·" in text_of(page(run.get_absolute_url()))


def test_an_error_without_a_step_says_what_was_saved_last(page: Any) -> None:
    run = make_run(status="failed", error="ReadTimeout")
    at = run.created_at + timedelta(seconds=1)
    make_step(run, "embed", started_at=at, ended_at=at)
    assert "After step embed was saved" in text_of(page(run.get_absolute_url()))


def test_a_run_that_failed_silently_says_so(page: Any) -> None:
    assert "It failed without an error message" in page(make_run(status="failed").get_absolute_url())


def test_a_completed_run_with_an_error_did_not_fail(page: Any) -> None:
    run = make_run(status="completed", attempt=2, error="ReadTimeout")
    body = page(run.get_absolute_url())
    assert "An earlier attempt failed with: ReadTimeout" in text_of(body)
    assert "is-failed" not in body
    assert body.index('id="timeline"') < body.index('id="why"')


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"status": "failed", "attempt": 7}, "Attempt 7 of 3: the engine doesn't check the maximum"),
        (
            {"status": "running", "locked_until": timezone.now() - timedelta(hours=2)},
            "worker-1 ran out 2 h ago",
        ),
        ({"status": "running", "locked_by": "console:hold"}, "Held: the console keeps it from workers"),
        ({"run_after": timezone.now() + timedelta(days=9, hours=12)}, "due in 9 d"),
        ({"attempt": 1, "error": "x"}, "It waits for attempt 2; attempt 1 failed."),
        ({"status": "cancelled"}, "Without the guard extension"),
        ({"function_id": "legacy"}, "This function is not registered"),
    ],
)
def test_what_the_row_does_not_say_is_said(page: Any, columns: dict[str, Any], sentence: str) -> None:
    make_function()
    assert sentence in text_of(page(make_run(**columns).get_absolute_url()))


def test_an_ordinary_run_needs_no_notes(page: Any) -> None:
    make_function()
    assert 'class="alert' not in page(make_run(status="completed").get_absolute_url())


def test_a_row_that_ended_before_it_started_has_no_duration(page: Any) -> None:
    now = timezone.now()
    run = make_run(status="completed", started_at=now, ended_at=now - timedelta(hours=1))
    assert "ended before it started" in page(run.get_absolute_url())


@pytest.mark.parametrize("step_id", ["a/b", "with blanks", "translate (日本語)", MARKUP, "a&step=b#c", "%2F"])
def test_a_step_has_an_address_of_its_own(page: Any, step_id: str) -> None:
    run = failed_run()
    at = run.created_at + timedelta(seconds=5)
    make_step(run, step_id, started_at=at, ended_at=at, output=Payload.of({"of": "this step"}))
    body = page(f"{run.get_absolute_url()}?step={quote(step_id, safe='')}")
    assert f"Step {html.escape(step_id, quote=False)}" in body.replace("&#x27;", "'").replace("&quot;", '"')
    assert "this step" in body
    links = {html.unescape(link) for link in re.findall(r'href="(\?[^"]*step=[^"]*)"', body)}
    assert f"?step={quote(step_id, safe='')}#step" in links
    assert MARKUP not in body


def test_big_values_are_loaded_on_demand(page: Any) -> None:
    big = Payload.of({"lines": ["abc" * 100] * 500, "zlast": "the very end"})
    run = make_run(status="completed", event=make_event(data=big), input=Payload("[]"), output=big)
    make_step(run, "big", started_at=run.created_at, ended_at=run.created_at, output=big)
    body = page(run.get_absolute_url())
    assert "the very end" not in body
    assert len(body) < 100_000
    for address in (
        f"{run.get_absolute_url()}/values/event",
        f"{run.get_absolute_url()}/values/output",
        f"{run.get_absolute_url()}/values/step-output?step=big",
    ):
        assert html.escape(address) in body
        assert "the very end" in page(address)
    page(f"{run.get_absolute_url()}/values/nothing", status=404)
    page(f"{run.get_absolute_url()}/values/step-output?step=other", status=404)


def test_a_long_error_is_cut_and_loaded_on_demand(page: Any) -> None:
    run = make_run(status="failed", error="word " * 10_000 + "the very middle" + " word" * 10_000)
    body = page(run.get_absolute_url())
    assert "the very middle" not in body.partition('id="raw"')[0]
    assert "the very middle" in page(f"{run.get_absolute_url()}/values/error")


def test_without_the_permission_payloads_are_not_even_read(client: Client, viewer: Any) -> None:
    secret = Payload.of({"card": "4242"})
    run = make_run(status="completed", event=make_event(data=secret), input=secret, output=secret)
    make_step(run, "a", started_at=run.created_at, ended_at=run.created_at, output=secret, input=secret)
    client.force_login(viewer)
    body = client.get(run.get_absolute_url()).content.decode()
    assert "4242" not in body
    assert "The roles Operator and Admin may see this (events.view_payload)." in body
    assert "The roles Operator and Admin may see this (ops.view_auditentry)." in body
    assert "/ops/operate/" not in body
    assert "4242" not in client.get(f"{run.get_absolute_url()}/quick").content.decode()
    for name in ("event", "input", "output", "step-output?step=a", "step-input?step=a"):
        assert client.get(f"{run.get_absolute_url()}/values/{name}").status_code == 403


def test_the_quick_view_copies_the_ids_of_run_and_event(page: Any) -> None:
    run = failed_run()
    body = page(f"{run.get_absolute_url()}/quick")
    assert f'data-copy="{run.pk}" aria-label="Copy run id"' in body
    assert f'data-copy="{run.event_id}" aria-label="Copy event id"' in body


def test_people_without_a_role_see_nothing(client: Client, stranger: Any) -> None:
    run = failed_run()
    addresses = [run.get_absolute_url() + end for end in ("", "/quick", "/values/error")]
    assert [client.get(address).status_code for address in addresses] == [302, 302, 302]
    client.force_login(stranger)
    assert [client.get(address).status_code for address in addresses] == [403, 403, 403]


def test_a_run_that_is_not_there_is_not_found(page: Any) -> None:
    for pk in ("0192a7c1-55e0-7b1a-9f3a-8b1e22d09f3a", "abc", "%00", "x" * 300):
        page(f"/runs/{pk}", status=404)
        page(f"/runs/{pk}/quick", status=404)


def test_another_spelling_of_the_id_leads_to_the_page(client: Client, operator: Any) -> None:
    run = make_run()
    client.force_login(operator)
    assert client.get(f"/runs/{run.pk.upper()}")["Location"] == run.get_absolute_url()


def test_an_open_run_refreshes_itself_and_an_ended_one_does_not(page: Any) -> None:
    run = make_run()
    body = page(run.get_absolute_url(), headers=HTMX)
    assert body.startswith("<title>Queued · charge-card")
    assert 'hx-trigger="live from:body"' in body
    Run.objects.filter(pk=run.pk).update(status="cancelled", ended_at=timezone.now())
    assert 'hx-trigger="live' not in page(run.get_absolute_url(), headers=HTMX)


def test_actions_are_offered_while_they_make_sense(page: Any) -> None:
    run = make_run()
    assert f"/ops/operate/runs.cancel?ids={run.pk}" in page(run.get_absolute_url())
    ended = make_run(status="completed")
    assert "/ops/operate/runs.cancel" not in page(ended.get_absolute_url())


def test_the_way_back_keeps_the_filters(page: Any) -> None:
    run = failed_run()
    referer = {"Referer": "http://testserver/runs?state=failed&created_from=24h"}
    body = page(run.get_absolute_url(), headers=referer)
    assert 'class="back" href="/runs?state=failed&amp;created_from=24h"' in body
    assert "Runs · failed, last 24 h" in text_of(body)
    step = html.unescape(re.findall(r'href="(\?[^"]*step=validate[^"]*)"', body)[0])
    assert "/runs?state=failed&amp;created_from=24h" in page(run.get_absolute_url() + step.partition("#")[0])
    assert "evil" not in page(run.get_absolute_url(), headers={"Referer": "https://evil.example/runs/x"})


def test_the_events_other_runs_and_the_runs_audit_are_there(page: Any, client: Client) -> None:
    event = make_event()
    run, other = make_run(event=event), make_run("sync-crm", event=event)
    fields = {"ids": [run.pk], "confirm": "1", "reason": "Wrong customer"}
    client.post("/ops/operate/runs.cancel", fields)
    body = page(run.get_absolute_url())
    assert f'href="{other.get_absolute_url()}"' in body
    assert "Wrong customer" in body
    assert re.search(r'href="/audit/\d+"', body)


def test_every_wild_row_has_a_page_and_a_quick_view(page: Any) -> None:
    wild = make_wild_rows()
    for run in wild.runs:
        body = page(run.get_absolute_url()) + page(f"{run.get_absolute_url()}/quick")
        assert MARKUP not in body, run.function_id
        assert html.escape(run.function_id) in body
        for name in ("event", "input", *(["error"] if run.error is not None else [])):
            assert MARKUP not in page(f"{run.get_absolute_url()}/values/{name}")
    steps = wild.run("with-steps")
    for step in wild.steps:
        page(f"{steps.get_absolute_url()}?step={quote(step.step_id, safe='')}")


def test_a_run_page_costs_at_most_twelve_queries_for_any_number_of_steps(
    page: Any, django_assert_max_num_queries: Any
) -> None:
    run = failed_run()
    page(run.get_absolute_url())
    for count in (0, 60):
        for number in range(count):
            make_step(run, f"step-{number}", started_at=run.created_at, ended_at=run.created_at)
        with django_assert_max_num_queries(12):
            page(run.get_absolute_url())


def test_the_link_to_the_functions_failed_runs_has_their_number(page: Any) -> None:
    run = failed_run()
    for _ in range(3):
        make_run("charge-card", "failed", event=run.event)
    make_run("charge-card", "failed", event=run.event, created_at=timezone.now() - timedelta(hours=30))
    make_run("other", "failed", event=run.event)
    assert "4 failed runs of this function, created in 24 h" in text_of(page(run.get_absolute_url()))


def test_a_replay_is_named_with_its_state(page: Any) -> None:
    run = failed_run()
    again, gone = make_run("charge-card", "running", event=run.event), new_id()
    for made in (again.pk, gone):
        Replay.objects.create(
            run=made, origin=run.pk, root=run.pk, generation=1, mode=Mode.START, edited=False
        )
    words = text_of(page(run.get_absolute_url()))
    assert f"{again.pk[:8]}…{again.pk[-4:]} Running ," in words
    assert f"{gone[:8]}…{gone[-4:]}" in words
    assert f"{run.pk[:8]}…{run.pk[-4:]} Failed , from the start" in text_of(page(again.get_absolute_url()))
