"""Callers of the API: people with sessions, owners of tokens, visitors."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import QuerySet
from django.test import Client
from django.utils import timezone

from ops.access.actors import Actor
from ops.access.models import User
from ops.audit.models import AuditEntry
from ops.tokens import actions
from ops.tokens.models import ApiToken

SYSTEM = Actor(user=None, door="system")


class Caller:
    """Speaks JSON with the API."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.status = 0

    def get(self, address: str, **headers: str) -> Any:
        """The parsed body; the status is in `status`."""
        return self.read(self.client.get(address, headers=headers))

    def post(self, address: str, body: Any, **about: Any) -> Any:
        """The same for a POST; a text is sent as it is."""
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        return self.read(self.client.post(address, text, content_type="application/json", **about))

    def read(self, answer: Any) -> Any:
        """Remember the answer, check its form, parse it."""
        self.answer, self.status = answer, answer.status_code
        assert answer["Content-Type"] == "application/json", answer.content[:500]
        body = json.loads(answer.content, parse_constant=pytest.fail)
        if self.status >= 400:
            assert body["error"].keys() == {"code", "message", "fields"}
            assert body["error"]["message"]
        return body

    def walk(self, address: str) -> list[Any]:
        """The rows of all pages, forwards."""
        page = self.get(address)
        rows = page["results"]
        while page["next"]:
            page = self.get(page["next"])
            rows += page["results"]
        return list(rows)


def signed_in(user: User) -> Caller:
    client = Client()
    client.force_login(user, backend="ops.access.rights.RightsBackend")
    return Caller(client)


def make_token(user: User, *, days: int = 1, **columns: Any) -> str:
    token, text = actions.create(user=user, name="test", days=days, actor=SYSTEM, reason="test")
    if columns:
        ApiToken.objects.filter(pk=token.pk).update(**columns)
    return text


def with_token(text: str) -> Caller:
    return Caller(Client(headers={"Authorization": f"Bearer {text}"}))


YESTERDAY = timedelta(days=1)


def yesterday() -> Any:
    return timezone.now() - YESTERDAY


@pytest.fixture
def visitor() -> Caller:
    return Caller(Client())


@pytest.fixture
def as_viewer(viewer: User) -> Caller:
    return signed_in(viewer)


@pytest.fixture
def as_operator(operator: User) -> Caller:
    return signed_in(operator)


@pytest.fixture
def as_stranger(stranger: User) -> Caller:
    return signed_in(stranger)


def entries() -> "QuerySet[AuditEntry]":
    """What verbs on runs left in the audit log; signing in leaves entries too."""
    return AuditEntry.objects.filter(verb__startswith="runs.")
