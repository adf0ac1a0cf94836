"""The audit log's pages: every entry can be found, read and trusted or not."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.utils import timezone

from ops.access.actors import Actor
from ops.access.models import User
from ops.audit import log
from ops.audit.log import Change
from ops.audit.models import AuditEntry
from ops.audit.triggers import protect, unprotect
from ops.operations.operation import get_operation
from tests.factories import make_run, new_id
from tests.people import enter

MARKUP = "<script>alert(1)</script>"


def write(user: Any = None, verb: str = "runs.cancel", **columns: Any) -> AuditEntry:
    door = "system" if user is None else "page"
    return log.record(actor=Actor(user=user, door=door, address="192.0.2.7"), verb=verb, **columns)


@pytest.fixture
def client(client: Client, operator: User) -> Client:
    return enter(client, operator)


def numbers(client: Client, query: str = "") -> list[int]:
    """The entries of the list, as far down as its pages go."""
    found: list[int] = []
    address = f"/audit{query}"
    while address:
        answer = client.get(address)
        assert answer.status_code == 200, answer.content
        found += [entry.pk for entry in answer.context["cl"].result_list]
        address = answer.context["cl"].next
    return found


def test_the_list_shows_who_did_what_why_and_what_came_of_it(client: Client, operator: User) -> None:
    write(
        operator,
        reason="spike\nsecond line",
        changes=[Change(new_id(), "done"), Change("x", "skipped", "Already failed.")],
    )
    write(AnonymousUser(), verb="auth.sign_in_failed", outcome="refused")
    write(None, verb="runs.sweep")
    text = client.get("/audit").content.decode()
    for shown in (
        "olga",
        "Operator",
        "spike",
        "1 done, 1 skipped",
        "the console",
        "visitor",
        'href="/audit/1"',
    ):
        assert shown in text
    assert text.index(">runs.sweep</a>") < text.index(">Failed sign-in</a>") < text.index(">spike<")


def test_an_empty_log_says_what_will_be_in_it(client: Client) -> None:
    assert "No entries yet" in client.get("/audit").content.decode()
    assert "No entries match these filters" in client.get("/audit?verb=x").content.decode()


def test_every_filter_finds_exactly_its_entries(client: Client, operator: User) -> None:
    run, other = new_id(), new_id()
    write(operator, changes=[Change(run, "done")])
    write(operator, changes=[Change(run, "skipped"), Change(other, "done")], outcome="failed")
    write(None, verb="runs.sweep")
    write(AnonymousUser(), verb="auth.sign_in_failed", outcome="refused")
    assert numbers(client) == [4, 3, 2, 1]
    for query, expected in {
        f"?run={run}": [2, 1],
        f"?run={run.upper()}": [2, 1],
        f"?run={other}": [2],
        f"?run={other}&run={run}": [2, 1],
        f"?run={new_id()}": [],
        "?actor=olga": [2, 1],
        "?actor=olg": [],
        "?verb=runs.sweep&verb=auth.sign_in_failed": [4, 3],
        "?outcome=refused&outcome=failed": [4, 2],
        "?outcome=performed&actor=olga": [1],
        "?at_from=1h": [4, 3, 2, 1],
        "?at_to=1h": [],
        "?actor=&run=&verb=&at_from=": [4, 3, 2, 1],
    }.items():
        assert numbers(client, query) == expected, query


def test_a_refused_attempt_is_found_by_its_run(client: Client, viewer: User) -> None:
    run = make_run()
    with pytest.raises(PermissionDenied):
        get_operation("runs.cancel")([run.pk], actor=Actor(user=viewer, door="api"), reason="please")
    assert numbers(client, f"?run={run.pk}") == [1]
    assert "1 refused" in client.get("/audit").content.decode()
    assert "lacks runs.cancel_run" in client.get("/audit/1").content.decode()


def test_times_are_inclusive_at_their_begin_and_exclusive_at_their_end(
    client: Client, operator: User
) -> None:
    first, second = write(operator), write(operator)
    moment = second.at.isoformat().replace("+", "%2B")
    assert numbers(client, f"?at_from={moment}") == [second.pk]
    assert numbers(client, f"?at_to={moment}") == [first.pk]
    assert numbers(client, f"?at_from={(timezone.now() + timedelta(days=1)).date()}") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("outcome=done", "outcome"),
        ("at_from=yesterday", "at_from"),
        ("at_to=2026-13-01", "at_to"),
        ("user=olga", "user"),
        ("actor=a&actor=b", "actor"),
        ("actor=%00", "actor"),
        ("verb=%00", "verb"),
        ("cursor=x", "cursor"),
    ],
)
def test_an_invalid_filter_is_an_error_at_its_field_and_shows_nothing(
    client: Client, operator: User, query: str, field: str
) -> None:
    write(operator)
    answer = client.get(f"/audit?{query}")
    assert answer.status_code == 400
    assert list(answer.context["cl"].faults) == [field]
    assert 'href="/audit/1"' not in answer.content.decode()


@pytest.mark.postgresql
def test_a_run_that_can_be_none_is_an_error_on_postgresql(client: Client) -> None:
    assert client.get("/audit?run=nonsense").status_code == 400


def test_pages_go_both_ways_and_lose_nothing(client: Client, operator: User) -> None:
    for _ in range(120):
        write(operator)
    assert numbers(client) == list(range(120, 0, -1))
    second = client.get(client.get("/audit").context["cl"].next)
    assert second.context["cl"].result_count == 120
    first = client.get(second.context["cl"].previous)
    assert [entry.pk for entry in first.context["cl"].result_list] == list(range(120, 70, -1))
    assert client.get(second.context["cl"].next + "&actor=olga").status_code == 400


def test_a_chip_takes_its_filter_away(client: Client) -> None:
    answer = client.get("/audit?actor=olga&verb=runs.cancel&verb=b&at_from=24h")
    assert [(chip.label, chip.value, chip.remove) for chip in answer.context["cl"].active_filters] == [
        ("actor", "olga", "/audit?verb=runs.cancel&verb=b&at_from=24h"),
        ("action", "Cancel runs, b", "/audit?actor=olga&at_from=24h"),
        ("time", "last 24 h", "/audit?actor=olga&verb=runs.cancel&verb=b"),
    ]


def test_htmx_gets_the_table_alone(client: Client, operator: User) -> None:
    write(operator)
    fragment = client.get("/audit", headers={"hx-request": "true"}).content.decode()
    assert fragment.lstrip().startswith('<section id="audit-list"')
    assert "<html" not in fragment


def test_the_list_takes_as_many_queries_for_one_entry_as_for_fifty(
    client: Client, operator: User, django_assert_max_num_queries: Any
) -> None:
    client.get("/audit")  # a person's permissions are kept from here on
    for count in (1, 60):
        for _ in range(count):
            write(operator, changes=[Change(new_id(), "done")])
        with django_assert_max_num_queries(8) as queries:
            client.get("/audit?actor=olga")
        assert not any("OFFSET" in query["sql"] for query in queries.captured_queries)


def test_an_entry_shows_everything_about_itself(client: Client, operator: User) -> None:
    run = new_id()
    before = {"status": "running", "locked_by": "worker-1", "ended_at": None}
    after = {"status": "cancelled", "locked_by": None, "ended_at": None}
    changes = [Change(run, "done", "Final.", before, after), Change("missing", "skipped", "There is no run.")]
    entry = write(operator, reason="spike", parameters={"mode": "now"}, changes=changes)
    text = client.get("/audit/1").content.decode()
    for shown in ("olga", "Operator", "192.0.2.7", "spike", "mode", entry.hash, entry.previous, "Final."):
        assert shown in text
    assert f'href="/runs/{run}"' in text
    (row, _) = client.get("/audit/1").context["rows"]
    assert row.changes == [("locked_by", "worker-1", None), ("status", "running", "cancelled")]
    assert "doesn't verify" not in text


@pytest.mark.parametrize("address", ["/audit/2", "/audit/0", f"/audit/{2**70}", "/audit/x", "/audit/-1"])
def test_an_entry_that_is_not_there_is_not_found(client: Client, operator: User, address: str) -> None:
    write(operator)
    assert client.get(address).status_code == 404


def test_a_thousand_targets_are_shown_in_pages(
    client: Client, operator: User, django_assert_max_num_queries: Any
) -> None:
    write(operator, changes=[Change(f"run-{number}", "done") for number in range(1_000)])
    found: list[str] = []
    address = "/audit/1"
    while address:
        client.get(address)
        with django_assert_max_num_queries(9):
            answer = client.get(address)
        found += [row.item.target for row in answer.context["rows"]]
        address = answer.context["next"]
    assert found == [f"run-{number}" for number in range(1_000)]
    assert client.get("/audit/1?cursor=forged").status_code == 400


def test_nothing_is_unescaped(client: Client, operator: User) -> None:
    change = Change(MARKUP, "done", MARKUP, {MARKUP: MARKUP}, {MARKUP: None})
    write(operator, verb=MARKUP, reason=MARKUP, parameters={MARKUP: MARKUP}, changes=[change])
    for address in ("/audit", "/audit/1", f"/audit?actor={MARKUP}&verb={MARKUP}"):
        assert MARKUP not in client.get(address).content.decode()


@pytest.fixture
def tampered(operator: User) -> Iterator[None]:
    """Three entries, the second one changed past the triggers."""
    for number in range(3):
        write(operator, reason=f"reason {number}", changes=[Change(new_id(), "done", "", {"a": 1}, {"a": 2})])
    unprotect(connection)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ops_auditentry SET counts = 'forged', parameters = '[' WHERE id = 2")
        cursor.execute("UPDATE ops_audititem SET before = 'forged' WHERE entry_id = 2")
    protect(connection)
    yield


@pytest.mark.usefixtures("tampered")
def test_an_entry_that_was_tampered_with_says_so_and_breaks_no_page(client: Client) -> None:
    assert numbers(client) == [3, 2, 1]
    broken = client.get("/audit/2").content.decode()
    assert "doesn't verify" in broken
    assert "Its items were changed" in broken
    assert "forged" in broken
    for number in (1, 3):
        assert "doesn't verify" not in client.get(f"/audit/{number}").content.decode()


@pytest.mark.parametrize("address", ["/audit", "/audit/1"])
def test_only_those_who_may_see_it(
    client: Client, address: str, operator: User, viewer: User, stranger: User
) -> None:
    write(operator)
    for person, status in ((operator, 200), (viewer, 403), (stranger, 403)):
        enter(client, person)
        assert client.get(address).status_code == status
    client.cookies.clear()
    assert client.get(address).status_code == 302
    assert re.match(r"/login\?next=%2Faudit", client.get(address).headers["Location"])


@pytest.mark.parametrize("address", ["/audit", "/audit/1"])
def test_nothing_can_be_posted(client: Client, operator: User, address: str) -> None:
    write(operator)
    for method in (client.post, client.put, client.delete):
        assert method(address).status_code == 405


def test_a_runs_page_leads_to_its_entries_and_back(client: Client, operator: User) -> None:
    run = make_run()
    get_operation("runs.cancel")([run.pk], actor=Actor(user=operator, door="page"), reason="spike")
    text = client.get(f"/runs/{run.pk}").content.decode()
    assert f'href="/audit?run={run.pk}"' in text
    assert 'href="/audit/1"' in text
    assert numbers(client, f"?run={run.pk}") == [1]
    assert f'href="/runs/{run.pk}"' in client.get("/audit/1").content.decode()
