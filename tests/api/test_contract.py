"""The API does what its OpenAPI file says: generated requests to every operation."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks

from ops.access.models import User
from tests.api.conftest import make_token
from tests.factories import make_function
from tests.wild import make_wild_rows

pytestmark = pytest.mark.django_db
EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "8"))
CHECKS = (
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
)
PARTS = ("audit", "events", "functions", "health", "jobs", "runs")


@pytest.fixture
def token(admin: User) -> str:
    make_wild_rows()
    make_function()
    return make_token(admin)


@pytest.fixture
def contract(token: str) -> Iterator[Any]:
    """The file, bound to the application; no request ends the test's connection, as with Django's client."""
    client = Client(headers={"Authorization": f"Bearer {token}"})
    found = schemathesis.openapi.from_dict(client.get("/api/schema/?format=json").json())
    found.app = get_wsgi_application()
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield found
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize("part", PARTS)
def test_every_operation_answers_as_the_file_says(contract: Any, token: str, part: str) -> None:
    asked = 0
    for found in contract.get_all_operations():
        operation = found.ok()
        if operation.path.startswith(f"/api/{part}"):
            ask(operation, {"Authorization": f"Bearer {token}"})
            asked += 1
    assert asked


def ask(operation: Any, headers: dict[str, str]) -> None:
    """Generate requests, and hold each answer against the file."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def answered(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    answered()


def test_the_parts_are_all_there_is(contract: Any) -> None:
    paths = {found.ok().path for found in contract.get_all_operations()}
    assert {path.split("/")[2] for path in paths} == set(PARTS)
