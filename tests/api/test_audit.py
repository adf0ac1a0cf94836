"""The audit log and the environment's health over the API."""

import pytest
from django.utils import timezone

from ops.access.models import User
from ops.audit.models import AuditEntry
from ops.health import measurements
from tests.api.conftest import Caller, entries
from tests.factories import make_event, make_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def cancelled(as_operator: Caller) -> list[str]:
    """Two runs cancelled together, one of them for nothing, and a third by itself."""
    event = make_event()
    ids = [make_run(event=event).pk, make_run(status="completed", event=event).pk, make_run(event=event).pk]
    as_operator.post("/api/runs/cancel", {"ids": ids[:2], "reason": "first"})
    as_operator.post(f"/api/runs/{ids[2]}/cancel", {"reason": "second"})
    return ids


def test_an_entry_tells_who_did_what_and_why(as_operator: Caller, cancelled: list[str]) -> None:
    second, first = entries().order_by("-id")
    body = as_operator.get(f"/api/audit/{first.pk}")
    assert (body["actor"], body["roles"], body["door"]) == ("olga", "Operator", "api")
    assert (body["verb"], body["outcome"], body["reason"]) == ("runs.cancel", "performed", "first")
    assert body["counts"] == {"requested": 2, "done": 1, "skipped": 1, "failed": 0}
    items = as_operator.walk(f"{body['links']['items']}?limit=1")
    assert [(item["id"], item["outcome"]) for item in items] == [
        (cancelled[0], "done"),
        (cancelled[1], "skipped"),
    ]
    assert (items[0]["before"]["status"], items[0]["after"]["status"]) == ("queued", "cancelled")
    assert (items[1]["before"], items[1]["reason"]) == (None, "Already completed.")
    assert [row["id"] for row in as_operator.walk("/api/audit?verb=runs.cancel&limit=1")] == [
        second.pk,
        first.pk,
    ]


@pytest.mark.parametrize(
    ("query", "reasons"),
    [
        ("verb=runs.cancel", ["second", "first"]),
        ("verb=runs.cancel&order=oldest", ["first", "second"]),
        ("actor=olga&verb=runs.cancel", ["second", "first"]),
        ("actor=vera", []),
        ("verb=runs.cancel&outcome=refused", []),
        ("verb=runs.cancel&outcome=refused&outcome=performed", ["second", "first"]),
        ("verb=runs.cancel&at_from=1h", ["second", "first"]),
        ("verb=runs.cancel&at_to=1h", []),
        ("run={0}", ["first"]),
        ("run={1}", ["first"]),
        ("run={2}", ["second"]),
        ("run={2}&run={0}", ["second", "first"]),
    ],
)
def test_each_filter_finds_what_it_says(
    as_operator: Caller, cancelled: list[str], query: str, reasons: list[str]
) -> None:
    rows = as_operator.walk(f"/api/audit?{query.format(*cancelled)}&limit=1")
    assert [row["reason"] for row in rows] == reasons


@pytest.mark.parametrize(
    ("query", "field"), [("outcome=odd", "outcome"), ("at_from=soon", "at_from"), ("who=olga", "who")]
)
def test_400_names_the_parameter(as_operator: Caller, query: str, field: str) -> None:
    assert as_operator.get(f"/api/audit?{query}")["error"]["fields"].keys() == {field}
    assert as_operator.status == 400


@pytest.mark.parametrize("number", ["0", "-1", "x", "1.5", "99999999999999999999", "1e3", "%00"])
def test_404_for_what_is_not_there(as_operator: Caller, number: str) -> None:
    for address in (f"/api/audit/{number}", f"/api/audit/{number}/items"):
        as_operator.get(address)
        assert as_operator.status == 404


def test_viewers_may_not_read_it(as_viewer: Caller) -> None:
    for address in ("/api/audit", "/api/audit/1", "/api/audit/1/items"):
        as_viewer.get(address)
        assert as_viewer.status == 403


def test_an_entry_that_somebody_tampered_with_is_still_shown(as_operator: Caller) -> None:
    kept = AuditEntry.objects.latest("id")
    values = {
        name: getattr(kept, name) for name in (field.attname for field in AuditEntry._meta.concrete_fields)
    }
    forged = values | {"id": kept.pk + 1, "parameters": "no json", "counts": "", "verb": "forged"}
    AuditEntry.objects.create(**forged)
    [row] = as_operator.get("/api/audit?verb=forged")["results"]
    assert (row["parameters"], row["counts"]) == ("no json", None)


def test_health_says_what_was_never_measured(as_viewer: Caller) -> None:
    body = as_viewer.get("/api/health")
    assert (as_viewer.status, body["ok"], body["faults"]) == (200, False, [])
    assert {reading["measured_at"] for reading in body["readings"]} == {None}


def test_health_says_what_was_measured(as_viewer: Caller, viewer: User) -> None:
    make_run(status="running", locked_until=timezone.now().replace(year=2025))
    measurements.keep(measurements.measure(now=timezone.now()), now=timezone.now())
    body = as_viewer.get("/api/health")
    readings = {reading["name"]: reading for reading in body["readings"]}
    assert (readings["schema"]["ok"], readings["stuck"]["ok"], body["ok"]) == (True, False, False)
    assert readings["stuck"]["data"]["count"] == 1
