"""Payloads in the audit log: people who may read it, but not payloads, get everything else."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from ops.access.actors import Actor
from ops.access.models import User
from ops.audit import log
from ops.audit.models import AuditEntry
from ops.operations.operation import get_operation
from tests.api.conftest import signed_in
from tests.conftest import person
from tests.factories import make_run

pytestmark = pytest.mark.django_db
SECRET = "4111-1111-1111-1111"


@pytest.fixture
def auditor(db: None) -> User:
    """A member of a group of one's own, with the audit log and nothing else."""
    group = Group.objects.create(name="Auditor")
    group.permissions.set(Permission.objects.filter(codename="view_auditentry"))
    return person("anna", "Auditor")


@pytest.fixture
def entry(operator: User) -> AuditEntry:
    run = make_run(status="failed")
    parameters = {"mode": "start", "input": json.dumps({"card": SECRET})}
    replay = get_operation("runs.replay")
    return replay(
        [run.pk], actor=Actor(user=operator, door="page"), reason="why", parameters=parameters
    ).entry


def told(user: User, address: str) -> Any:
    return signed_in(user).get(address)


def test_an_edited_input_is_withheld_in_page_detail_and_list(
    client: Client, auditor: User, entry: AuditEntry
) -> None:
    client.force_login(auditor)
    page = client.get(f"/audit/{entry.pk}").content.decode()
    assert SECRET not in page
    assert "input withheld" in page
    assert "start" in page
    detail = told(auditor, f"/api/audit/{entry.pk}")
    assert (detail["parameters"], detail["redacted"]) == ({"input": None, "mode": "start"}, ["input"])
    assert SECRET not in json.dumps(told(auditor, "/api/audit"))
    assert SECRET not in client.get("/audit").content.decode()


def test_who_may_see_payloads_sees_it(client: Client, operator: User, entry: AuditEntry) -> None:
    client.force_login(operator)
    page = client.get(f"/audit/{entry.pk}").content.decode()
    assert SECRET in page
    assert "withheld" not in page
    detail = told(operator, f"/api/audit/{entry.pk}")
    assert SECRET in detail["parameters"]["input"]
    assert detail["redacted"] == []


def test_an_entry_of_a_verb_that_is_gone_gives_nothing_away(auditor: User, operator: User) -> None:
    actor = Actor(user=operator, door="page")
    entry = log.record(actor=actor, verb="runs.rerun", parameters={"input": SECRET})
    assert SECRET not in json.dumps(told(auditor, f"/api/audit/{entry.pk}"))


def test_without_an_edited_input_nothing_is_withheld(auditor: User, operator: User) -> None:
    run = make_run(status="failed")
    number = signed_in(operator).post(f"/api/runs/{run.pk}/replay", {"reason": "why"})["audit"]
    assert told(auditor, f"/api/audit/{number}")["redacted"] == []
