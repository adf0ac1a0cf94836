"""The pool asks for each request whether its connection is there; usually that costs no round trip."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def opened() -> Iterator[Any]:
    from ops.engine.postgresql.driver import connect

    with connect(**connection.get_connection_params(), autocommit=True) as one:
        yield one


def test_a_server_that_has_just_answered_is_not_asked(opened: Any) -> None:
    opened.cursor().execute("SELECT 1")
    opened.heard_at += 10  # the machine may be slow
    assert opened.execute("") is None


def test_a_server_that_was_silent_for_a_while_is_asked(opened: Any) -> None:
    opened.cursor().execute("SELECT 1")
    opened.heard_at -= 2
    assert opened.execute("") is not None


def test_a_server_that_has_hung_up_is_asked_at_once_and_found_gone(opened: Any) -> None:
    from psycopg import OperationalError

    opened.cursor().execute("SELECT 1")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [opened.info.backend_pid])
    opened.heard_at += 10  # the machine may be slow
    with pytest.raises(OperationalError):
        opened.execute("")
