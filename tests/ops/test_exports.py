"""Exports: harmless in every spreadsheet, begun at once, no burden on the database while they are read."""

import csv
import sqlite3
from collections.abc import Iterator
from itertools import chain

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from ops.access.models import User
from ops.jobs.models import Job, JobItem
from ops.lists import export
from ops.lists.pagination import Order
from tests.ops.jobs.test_job import job_of
from tests.people import enter

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    " =1+1",
    "\n=1+1",
    "\t=1+1",
    "\r=1+1",
    "\xa0=1+1",
    "\u200b=1+1",
    "\ufeff=1+1",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM(A1)",
    "\u3000\uff1d1",
    "ended;=1+1",
    "ended; +1",
    "ended\n@SUM(A1)",
    "ended\t=1+1",
]
SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20"


def job_with(user: User, reasons: list[str]) -> Job:
    """A job whose items ended for these reasons."""
    job = job_of(user, everything=True)
    JobItem.objects.bulk_create(
        JobItem(job=job, position=number, target=f"run-{number}", outcome="failed", reason=reason)
        for number, reason in enumerate(reasons, 1)
    )
    return job


def stream(client: Client, user: User, job: Job) -> Iterator[bytes]:
    """The export as the server hands it out, piece by piece."""
    answer = enter(client, user).get(f"/ops/jobs/{job.pk}/items.csv")
    assert answer.streaming
    return iter(answer.streaming_content)  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_no_cell_is_a_formula_to_any_spreadsheet(client: Client, operator: User) -> None:
    job = job_with(operator, FORMULAS)
    text = b"".join(stream(client, operator, job)).decode()
    reasons = [row[5] for row in csv.reader(text.splitlines(keepends=True))][1:]
    for given, shown in zip(FORMULAS, reasons, strict=True):
        sign = next(number for number, letter in enumerate(shown) if letter in SIGNS)
        assert shown[sign - 1] == "'", given
        assert shown.replace("'", "") == given


@pytest.mark.django_db
def test_ordinary_text_is_exported_as_it_is(client: Client, operator: User) -> None:
    plain = ["Already completed.", "a -1", "x = 1", "mail@example.org", "a; b", "", "first\nsecond", "1,284"]
    text = b"".join(stream(client, operator, job_with(operator, plain))).decode()
    assert [row[5] for row in csv.reader(text.splitlines(keepends=True))][1:] == plain


@pytest.mark.parametrize("text", ["\t1", "\r1", "\n1"])
def test_a_cell_that_begins_with_a_control_character_is_text(text: str) -> None:
    assert export.harmless(text) == f"'{text}"


def test_a_cell_of_nothing_but_blanks_takes_no_time_to_judge() -> None:
    text = ";\n" * 200_000
    assert export.harmless(text) == text


@pytest.mark.django_db
def test_the_head_is_sent_before_the_database_is_asked(
    client: Client, operator: User, django_assert_num_queries: object
) -> None:
    pieces = stream(client, operator, job_with(operator, ["a"]))
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert next(pieces).decode().startswith("position,")


@pytest.mark.django_db
def test_slices_lose_nothing_and_repeat_nothing(operator: User) -> None:
    job = job_with(operator, ["x"] * 10)
    for newest_first in (False, True):
        order = Order(columns=("position",), newest_first=newest_first)
        parts = [[item.position for item in part] for part in export.slices(job.items.all(), order, size=3)]
        assert [len(part) for part in parts] == [3, 3, 3, 1]
        assert [*chain(*parts)] == sorted(range(1, 11), reverse=newest_first)


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_a_slow_reader_does_not_keep_sqlites_write_ahead_log(client: Client, operator: User) -> None:
    pieces = stream(client, operator, job_with(operator, ["x" * 1_000] * 3_000))
    next(pieces), next(pieces)
    JobItem.objects.filter(position=1).update(reason="written meanwhile")
    other = sqlite3.connect(settings.DATABASES["default"]["NAME"], timeout=0.5)
    busy, pages, moved = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    other.close()
    assert (busy, pages, moved) == (0, 0, 0)
    assert b"run-3000" in b"".join(pieces)


@pytest.mark.postgresql
@pytest.mark.django_db
def test_a_slow_reader_leaves_no_cursor_open_on_postgresql(client: Client, operator: User) -> None:
    pieces = stream(client, operator, job_with(operator, ["x"] * 3_000))
    next(pieces), next(pieces)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_cursors WHERE name LIKE '_django_curs%'")
        assert cursor.fetchone() == (0,)
    assert b"run-3000" in b"".join(pieces)
