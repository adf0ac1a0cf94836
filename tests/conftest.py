"""What every test stands on: engine tables beside the console's own, and people with roles."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.cache import caches
from django.core.management import call_command
from django.db import connection
from django.test import TransactionTestCase
from hypothesis import settings as hypothesis_settings

from ops.access.models import User
from ops.access.roles import keep_roles
from ops.audit.chain import empty_head
from ops.audit.models import AuditHead
from ops.audit.triggers import protect, unprotect
from ops.engine.ddl import create_engine_tables, empty_engine_tables

# A slow machine is no fault of an example.
hypothesis_settings.register_profile("console", deadline=None)
hypothesis_settings.load_profile("console")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        create_engine_tables(connection)
        list(keep_roles())


@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    """Static files as they lie in the source: no collectstatic before a test."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    other = "sqlite" if connection.vendor == "postgresql" else "postgresql"
    for item in items:
        if item.get_closest_marker(other):
            item.add_marker(pytest.mark.skip(reason=f"is about {other}"))


def empty_everything(self: TransactionTestCase) -> None:
    """Django's flush leaves unmanaged tables alone and can't pass the audit log's triggers."""
    unprotect(connection)
    empty_engine_tables(connection)
    call_command("flush", verbosity=0, interactive=False, inhibit_post_migrate=False)
    protect(connection)
    AuditHead.objects.update_or_create(pk=1, defaults=empty_head())
    list(keep_roles())


@pytest.fixture(autouse=True, scope="session")
def flush_that_knows_the_engine() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty_everything)
        yield


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """What one test cached is not true of the next one's database."""
    for cache in caches.all(initialized_only=True):
        cache.clear()


@pytest.fixture(autouse=True, scope="session")
def quick_passwords() -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def person(name: str, *roles: str) -> User:
    """A member of staff in the given groups, password `demo`."""
    user = User(username=name, is_staff=True)
    user.set_password("demo")
    user.save()
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


@pytest.fixture
def viewer(db: None) -> User:
    return person("vera", "Viewer")


@pytest.fixture
def operator(db: None) -> User:
    return person("olga", "Operator")


@pytest.fixture
def admin(db: None) -> User:
    return person("adam", "Admin")


@pytest.fixture
def stranger(db: None) -> User:
    """Staff without any role."""
    return person("sten")
