"""People in front of the pages of events."""

import pytest
from django.core.cache import cache
from django.test import Client

from ops.access.models import User


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    cache.clear()


@pytest.fixture
def olga(client: Client, operator: User) -> Client:
    client.force_login(operator)
    return client


@pytest.fixture
def vera(client: Client, viewer: User) -> Client:
    client.force_login(viewer)
    return client
