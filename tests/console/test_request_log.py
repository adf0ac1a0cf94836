"""One line of the log, one header and one audit entry tell of the same request."""

import json
import logging
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from console import logs
from ops.access.actors import Actor
from ops.access.models import User
from ops.audit.models import AuditEntry
from ops.tokens import actions
from tests.factories import make_run


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, logger="django_structlog")
    return caplog


def told(lines: pytest.LogCaptureFixture) -> list[Any]:
    return [record.msg for record in lines.records if record.name.startswith("django_structlog")]


def test_a_request_writes_one_line_with_person_address_status_and_time(
    client: Client, viewer: User, lines: pytest.LogCaptureFixture
) -> None:
    client.force_login(viewer, backend=settings.AUTHENTICATION_BACKENDS[1])
    answer = client.get("/runs", REMOTE_ADDR="192.0.2.7")
    [line] = told(lines)
    assert (line["event"], line["code"], line["request"]) == ("request_finished", 200, "GET /runs")
    assert (line["user"], line["address"]) == (viewer.username, "192.0.2.7")
    assert line["ms"] >= 0
    assert line["request_id"] == answer.headers["X-Request-ID"]


def test_nobody_chooses_the_id_of_his_request(client: Client, db: None) -> None:
    answer = client.get("/login", HTTP_X_REQUEST_ID="forged")
    assert answer.headers["X-Request-ID"] != "forged"


def test_a_verb_of_the_api_is_audited_under_the_requests_id_and_logged_by_its_tokens_owner(
    client: Client, operator: User, lines: pytest.LogCaptureFixture
) -> None:
    run = make_run(status="queued")
    owner = Actor(user=operator, door="command")
    _, secret = actions.create(user=operator, name="script", days=1, actor=owner, reason="a test")
    answer = client.post(
        f"/api/runs/{run.pk}/cancel",
        json.dumps({"reason": "a test"}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )
    assert answer.status_code == 200, answer.content
    assert AuditEntry.objects.get(verb="runs.cancel").request_id == answer.headers["X-Request-ID"]
    assert told(lines)[-1]["user"] == operator.username


def test_behind_a_proxy_the_audit_log_holds_the_callers_address_and_not_what_the_caller_claims(
    client: Client, viewer: User, lines: pytest.LogCaptureFixture, settings: Any
) -> None:
    headers = {"X-Forwarded-For": "203.0.113.9, 192.0.2.7"}
    client.get("/login", headers=headers)
    settings.PROXIES = 1
    client.get("/login", headers=headers)
    assert [line["address"] for line in told(lines)] == ["127.0.0.1", "192.0.2.7"]


def test_lines_are_json_also_those_of_libraries() -> None:
    config = logs.configure(readable=False, level="INFO")
    written = config["formatters"]["console"].copy()
    formatter = written.pop("()")(**written)
    try:
        raise ValueError("broken")
    except ValueError as error:
        info = (ValueError, error, error.__traceback__)
    record = logging.LogRecord("somebody", logging.ERROR, __file__, 1, "hello\n%s", ("you",), info)
    text = formatter.format(record)
    line = json.loads(text)
    assert "\n" not in text
    assert (line["event"], line["level"], line["logger"]) == ("hello\nyou", "error", "somebody")
    assert "ValueError: broken" in line["exception"]
