"""The audit log as a file, and what its list names: verbs in words, kinds of entries, functions."""

import csv
import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ops.access.actors import Actor
from ops.access.models import User
from ops.audit import log, verbs
from ops.audit.log import Change
from ops.audit.models import AuditEntry
from tests.factories import make_event, make_run
from tests.ops.jobs.test_job import job_of, start
from tests.people import enter

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[2]
RECORDED = re.compile(r'(?:verb=|note\(|refuse\(request, )"([a-z_]+\.[a-z_]+)"')


def write(user: Any = None, verb: str = "runs.cancel", **columns: Any) -> AuditEntry:
    return log.record(actor=Actor(user=user, door="page" if user else "system"), verb=verb, **columns)


@pytest.fixture
def client(client: Client, operator: User) -> Client:
    return enter(client, operator)


@pytest.fixture
def three(operator: User) -> None:
    """Two operations and a failed sign-in."""
    event = make_event()
    runs = [make_run(event=event), make_run("sync-crm", event=event)]
    write(operator, reason="=1+1", changes=[Change(run.pk, "done") for run in runs])
    write(AnonymousUser(), verb="auth.sign_in_failed", outcome="refused")
    write(operator, verb="runs.replay", changes=[Change(runs[0].pk, "skipped", "why")])


def exported(client: Client, kind: str, query: str = "") -> str:
    answer = client.post(f"/audit/export{query}", {"format": kind})
    assert answer.status_code == 200, answer.content
    assert f'filename="audit.{kind}"' in answer["Content-Disposition"]
    return b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]


def words(answer: Any) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())))


def test_csv_holds_what_is_filtered_and_no_formula(client: Client, three: None) -> None:
    rows = list(csv.DictReader(exported(client, "csv", "?actor=olga").splitlines()))
    assert [(row["number"], row["verb"], row["what"]) for row in rows] == [
        ("3", "runs.replay", "Replay runs"),
        ("1", "runs.cancel", "Cancel runs"),
    ]
    assert (rows[1]["reason"], rows[1]["functions"], rows[1]["done"]) == (
        "'=1+1",
        "charge-card, sync-crm",
        "2",
    )


def test_ndjson_holds_what_the_api_tells_of_each_entry(client: Client, three: None) -> None:
    lines = [json.loads(line) for line in exported(client, "ndjson", "?verb=runs.cancel").splitlines()]
    assert lines == [client.get("/api/audit/1").json()]


def test_an_export_withholds_payloads_as_the_page_does(client: Client, operator: User) -> None:
    write(operator, verb="runs.replay", parameters={"mode": "start", "input": '{"card": "4242"}'})
    assert "4242" in exported(client, "ndjson", "?verb=runs.replay")
    operator.groups.clear()
    operator.user_permissions.add(Permission.objects.get(codename="view_auditentry"))
    [line] = exported(client, "ndjson", "?verb=runs.replay").splitlines()
    told = json.loads(line)
    assert (told["parameters"], told["redacted"]) == ({"mode": "start", "input": None}, ["input"])
    assert "4242" not in line + exported(client, "csv", "?verb=runs.replay")


def test_an_export_is_an_entry_of_its_own_and_not_in_itself(client: Client, three: None) -> None:
    assert len(exported(client, "ndjson").splitlines()) == 3
    entry = AuditEntry.objects.latest("id")
    assert (entry.verb, entry.actor) == ("audit.export", "olga")
    exported(client, "csv", "?actor=olga&outcome=performed")
    entry = AuditEntry.objects.latest("id")
    assert entry.parameters_value == {"filter": "actor: olga; outcome: performed", "format": "csv"}


@pytest.mark.parametrize(
    ("query", "kind"), [("?outcome=odd", "csv"), ("?user=olga", "csv"), ("", "xls"), ("", "")]
)
def test_what_cannot_be_exported_is_refused_with_the_reason(
    client: Client, three: None, query: str, kind: str
) -> None:
    answer = client.post(f"/audit/export{query}", {"format": kind})
    assert answer.status_code == 400
    assert "Nothing was exported" in words(answer)
    assert AuditEntry.objects.count() == 3


def test_only_those_who_see_the_log_may_export_it_and_only_by_a_form(
    client: Client, viewer: User, three: None
) -> None:
    assert client.get("/audit/export").status_code == 405
    enter(client, viewer)
    assert client.post("/audit/export", {"format": "csv"}).status_code == 403
    assert AuditEntry.objects.count() == 3


def test_an_export_takes_a_constant_number_of_queries_a_slice(
    client: Client, operator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def queries(size: int) -> int:
        monkeypatch.setattr("ops.review.export.SLICE", size)
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert len(exported(client, "csv").splitlines()) > 10
        return len(found)

    run = make_run()
    for _ in range(10):
        write(operator, changes=[Change(run.pk, "done")])
    assert queries(1_000) < queries(5) < queries(1_000) + 12


def test_the_list_offers_its_export_with_the_filter_kept(client: Client, three: None) -> None:
    page = client.get("/audit?actor=olga&cursor=").content.decode()
    assert 'action="/audit/export?actor=olga"' in page
    assert 'name="format" value="csv"' in page
    assert 'name="format" value="ndjson"' in page


def test_actions_only_leaves_sign_ins_out(client: Client, three: None) -> None:
    for query, expected in {
        "?kind=actions": [3, 1],
        "?kind=sign-ins": [2],
        "?kind=actions&actor=olga&verb=runs.cancel": [1],
    }.items():
        rows = client.get(f"/audit{query}").context["cl"].result_list
        assert [entry.pk for entry in rows] == expected, query
    assert client.get("/audit?kind=odd").status_code == 400
    page = client.get("/audit?actor=olga").content.decode()
    assert 'href="/audit?actor=olga&amp;kind=actions"' in page
    assert "Actions only" in page


def test_verbs_are_chosen_from_a_list_in_words(client: Client, three: None) -> None:
    page = client.get("/audit?verb=runs.cancel&verb=old.verb").content.decode()
    boxes = dict(re.findall(r'name="verb" value="([a-z_.]+)"( checked)?', page))
    assert boxes["runs.cancel"] == boxes["old.verb"] == " checked"
    assert boxes["runs.replay"] == boxes["auth.sign_in_failed"] == ""
    assert "Failed sign-in" in page


def test_pages_name_verbs_and_ways_in_by_words(client: Client, three: None) -> None:
    shown = words(client.get("/audit"))
    assert "Cancel runs" in shown
    assert not re.search(r"[^=.a-z](runs|auth)\.[a-z]", shown)
    entry = words(client.get("/audit/1"))
    assert "Cancel runs" in entry
    assert "through the pages" in entry


def test_each_row_names_the_functions(client: Client, three: None, operator: User) -> None:
    event = make_event()
    many = [make_run(f"function-{number}", event=event) for number in range(5)]
    write(operator, changes=[Change(run.pk, "done") for run in many])
    write(operator, changes=[Change("nonsense", "skipped")])
    shown = words(client.get("/audit"))
    assert "charge-card, sync-crm" in shown
    assert "function-0, function-1 and 3 more" in shown


def test_what_was_done_to_a_job_names_the_functions_of_its_items(client: Client, operator: User) -> None:
    make_run("sync-crm")
    start(job_of(operator, state=["queued"]), operator)
    rows = client.get("/audit?verb=jobs.confirm").context["cl"].result_list
    assert len(rows) == 1
    assert "sync-crm" in words(client.get("/audit?verb=jobs.confirm"))


def test_functions_take_as_many_queries_for_fifty_rows_as_for_one(client: Client, operator: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            client.get("/audit")
        return len(found)

    run = make_run()
    write(operator, changes=[Change(run.pk, "done")])
    queries()
    first = queries()
    for _ in range(49):
        write(operator, changes=[Change(run.pk, "done")] * 30)
    assert queries() == first


def test_every_verb_that_the_code_records_has_words() -> None:
    recorded: set[str] = set()
    for app in ("console", "ops", "runs", "events", "functions"):
        for path in (ROOT / app).rglob("*.py"):
            recorded |= set(RECORDED.findall(path.read_text(encoding="utf-8")))
    assert {"auth.sign_in", "auth.locked_out", "jobs.stop", "tokens.create"} <= recorded
    assert [verb for verb in sorted(recorded) if verbs.words_of(verb) == verb] == []
