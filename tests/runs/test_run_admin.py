"""`django.contrib.admin` as people know it: addresses, change list, actions in Django's protocol, history."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.core.checks import run_checks
from django.test import Client
from django.urls import reverse

from ops.audit.models import AuditEntry
from ops.jobs.models import Job, JobItem
from runs.models import Run
from tests.conftest import person
from tests.factories import make_run
from tests.people import enter

pytestmark = pytest.mark.django_db


@pytest.fixture
def olga(client: Client, operator: Any) -> Client:
    return enter(client, operator)


def act(client: Client, address: str = "/runs", **fields: Any) -> Any:
    """A POST as the form of a change list sends it."""
    return client.post(address, {"index": "0", **fields})


def noted() -> AuditEntry:
    return AuditEntry.objects.get(verb="runs.cancel")


def test_the_promised_addresses_are_the_admin_s() -> None:
    run = make_run()
    assert reverse("admin:runs_run_changelist") == "/runs"
    assert reverse("admin:runs_run_change", args=[run.pk]) == run.get_absolute_url() == f"/runs/{run.pk}"
    assert reverse("admin:runs_run_history", args=[run.pk]) == f"/runs/{run.pk}/history"


def test_django_s_own_addresses_lead_there_for_good(client: Client, viewer: Any) -> None:
    run = make_run()
    enter(client, viewer)
    for ours, theirs in {
        "/runs?state=failed": "?state=failed",
        f"/runs/{run.pk}": f"{run.pk}/change/",
    }.items():
        answer = client.get(f"/admin/runs/run/{theirs}")
        assert (answer.status_code, answer["Location"]) == (301, ours)


def test_the_system_checks_of_the_admin_are_clean() -> None:
    assert run_checks() == []
    assert admin.site.get_model_admin(Run).check() == []


@pytest.mark.parametrize("end", ["", "add/", "x/change/", "x/delete/"])
def test_not_even_a_superuser_changes_a_run_there(admin_client: Client, end: str) -> None:
    run = make_run()
    address = f"/admin/runs/run/{end.replace('x', run.pk)}"
    answer = admin_client.post(address, {"action": "delete_selected", "_selected_action": run.pk})
    assert answer.status_code in {301, 404}
    assert act(admin_client, action="delete_selected", _selected_action=run.pk).status_code == 400
    run.refresh_from_db()


def test_ticked_rows_lead_to_the_confirmation_and_back_to_the_list(olga: Client) -> None:
    runs = [make_run(), make_run(status="completed")]
    asked = act(olga, "/runs?state=queued", action="runs.cancel", _selected_action=[run.pk for run in runs])
    body = asked.content.decode()
    assert asked.status_code == 200
    assert "Cancel 2 runs" in body
    assert "1 will be skipped" in body
    assert 'name="next" value="/runs?state=queued"' in body
    assert Run.objects.filter(status="cancelled").count() == 0
    assert not AuditEntry.objects.exists()


def test_a_row_that_left_the_filter_is_acted_on_all_the_same(olga: Client) -> None:
    """Django evaluates the filter again, and would leave it out without a word."""
    run = make_run(status="running")
    body = act(olga, "/runs?state=queued", action="runs.cancel", _selected_action=run.pk).content.decode()
    assert f'name="ids" value="{run.pk}"' in body


def test_all_that_match_become_a_frozen_job(
    olga: Client, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    queued, _ = make_run(), make_run(status="failed")
    with django_capture_on_commit_callbacks(execute=True):
        answer = act(olga, "/runs?state=queued&order=oldest", action="runs.cancel", select_across="1")
    job = Job.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, job.get_absolute_url())
    assert (job.verb, job.state, job.source.partition(";")[0]) == ("runs.cancel", "ready", "state: queued")
    assert list(JobItem.objects.values_list("target", flat=True)) == [queued.pk]
    assert Run.objects.filter(status="cancelled").count() == 0


def test_all_runs_can_be_meant_and_an_unusable_filter_never(olga: Client) -> None:
    make_run()
    assert act(olga, action="runs.cancel", select_across="1").status_code == 303
    assert act(olga, "/runs?state=odd", action="runs.cancel", select_across="1").status_code == 409
    assert Job.objects.count() == 1


@pytest.mark.parametrize("across", ["0", "1"])
def test_a_person_without_the_verb_is_refused_and_the_log_says_so(
    client: Client, viewer: Any, across: str
) -> None:
    run = make_run()
    enter(client, viewer)
    answer = act(client, action="runs.cancel", _selected_action=run.pk, select_across=across)
    assert answer.status_code == 403
    assert (noted().outcome, noted().actor, Job.objects.count()) == ("refused", "vera", 0)
    assert "runs.cancel" not in client.get("/runs").content.decode()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"action": "runs.explode"}, "No action “runs.explode”"),
        ({}, "No action “”"),
        ({"action": "runs.cancel"}, "Nothing was selected"),
        (
            {"action": "runs.cancel", "_selected_action": [f"x{n}" for n in range(1_001)]},
            "At most 1,000 rows",
        ),
    ],
)
def test_what_makes_no_sense_is_said_and_nothing_is_done(olga: Client, fields: Any, said: str) -> None:
    answer = act(olga, **fields)
    assert answer.status_code == 400
    assert said in answer.content.decode()


def test_the_action_of_the_button_that_was_pressed_counts(olga: Client) -> None:
    run = make_run()
    fields = {"action": ["runs.replay", "runs.cancel"], "index": "1", "_selected_action": run.pk}
    assert "Cancel 1 run" in olga.post("/runs", fields).content.decode()


def test_an_action_reads_no_list(olga: Client, django_assert_max_num_queries: Any) -> None:
    run = make_run()
    act(olga, action="runs.cancel", _selected_action=run.pk)
    with django_assert_max_num_queries(8):
        act(olga, action="runs.cancel", _selected_action=run.pk)


@pytest.mark.parametrize(
    "query", ["e=1", "o=1", "p=2", "_popup=1", "_to_field=x", "_facets=1", "all=", "status__in=a"]
)
def test_parameters_of_django_s_change_list_are_refused_by_name(olga: Client, query: str) -> None:
    make_run()
    answer = olga.get(f"/runs?{query}")
    assert answer.status_code == 400
    assert f"<b>{query.partition('=')[0]}</b>" in answer.content.decode()


def test_a_refresh_after_signing_out_leads_to_sign_in_as_a_whole(client: Client, db: None) -> None:
    for address in ("/runs", "/admin/ops/user/"):
        answer = client.get(address, headers={"HX-Request": "true"})
        assert (answer.status_code, answer["HX-Redirect"].partition("?")[0]) == (401, "/login")


def test_the_history_of_a_run_is_what_the_audit_log_has(olga: Client) -> None:
    run = make_run()
    olga.post("/ops/operate/runs.cancel", {"ids": run.pk, "reason": "Wrong customer", "confirm": "1"})
    body = olga.get(reverse("admin:runs_run_history", args=[run.pk])).content.decode()
    assert "Wrong customer" in body
    assert noted().get_absolute_url() in body
    enter(olga, person("vera", "Viewer"))
    assert "Wrong customer" not in olga.get(reverse("admin:runs_run_history", args=[run.pk])).content.decode()
