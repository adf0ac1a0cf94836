"""Of every error the line that says what went wrong is shown, wherever it stands in the text."""

import re
from html import unescape
from pathlib import Path

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from ops.access.models import User
from runs.headline import HEAD, LONGEST, TAIL, TOO_LONG, brief, cut, headline
from runs.models import Run
from tests.factories import make_run

FRAMES = '  File "shop/deep.py", line 7, in deeper\n    return deeper(level + 1)\n'
TIMEOUT = (
    "requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='crm.example.com', port=443): "
    "Read timed out. (read timeout=10)"
)


def examples() -> list[tuple[str, str, str]]:
    """Name, headline and text of each error in errors.txt."""
    parts = Path(__file__).with_name("errors.txt").read_text("utf-8").split("=== ")[1:]
    split = [part.split("\n", 2) for part in parts]
    return [(name, line.removeprefix("---").strip(), text) for name, line, text in split]


@pytest.mark.parametrize(
    ("line", "text"), [pytest.param(line, text, id=name) for name, line, text in examples()]
)
def test_the_headline_is_the_line_that_says_what_went_wrong(line: str, text: str) -> None:
    assert headline(text) == line


@pytest.mark.django_db
def test_the_database_reads_both_ends_of_every_error_and_finds_the_same_headlines() -> None:
    expected = {make_run(status="failed", error=text).pk: line for _, line, text in examples()}
    assert len(expected) >= 30
    assert headlines() == expected


def headlines() -> dict[str, str]:
    """Run → headline, from what lists read."""
    return {run.pk: run.headline for run in Run.objects.for_list()}


@pytest.mark.django_db
@pytest.mark.parametrize("frames", [0, 10, 12, 100, 700])
def test_the_end_of_a_long_traceback_is_found(frames: int) -> None:
    text = f"Traceback (most recent call last):\n{frames * FRAMES}{TIMEOUT}"
    run = make_run(status="failed", error=text)
    assert headline(text) == TIMEOUT
    assert headlines() == {run.pk: TIMEOUT}


@pytest.mark.django_db
@pytest.mark.parametrize("length", range(HEAD + TAIL - 2, HEAD + TAIL + 3))
def test_an_error_about_as_long_as_what_is_read_loses_nothing(length: int) -> None:
    begin, end = "Traceback (most recent call last):\n", "\nRecursionError: too deep"
    text = begin + FRAMES * 40
    run = make_run(status="failed", error=text[: length - len(end)] + end)
    assert headlines() == {run.pk: "RecursionError: too deep"}


@pytest.mark.django_db
def test_no_more_than_both_ends_of_an_error_leave_the_database() -> None:
    make_run(status="failed", error="é" * 100_000)
    make_run(status="failed", error="x" * (LONGEST + 1))
    make_run(status="completed")
    for ends in Run.objects.all().newest_errors(3):
        assert len(ends.head) <= HEAD
        assert len(ends.tail) <= TAIL


@pytest.mark.django_db
def test_an_error_beyond_the_limit_is_not_unpacked_for_its_end() -> None:
    text = f"Traceback (most recent call last):\n{'x' * LONGEST}\nValueError: y"
    run = make_run(status="failed", error=text)
    assert headlines() == {run.pk: TOO_LONG}
    assert headline(text) == "ValueError: y"


def test_a_narrow_place_keeps_the_end_that_tells() -> None:
    assert brief(TIMEOUT, 100) == "ReadTimeout: crm.example.com:443: Read timed out. (read timeout=10)"
    assert brief(TIMEOUT, 48).endswith("Read timed out. (read timeout=10)"[-18:])
    assert len(brief(TIMEOUT, 48)) <= 48
    assert cut("short", 5) == "short"


def test_a_name_that_is_no_class_keeps_its_dots() -> None:
    assert brief("api.example.com: connection refused", 100) == "api.example.com: connection refused"
    refused = (
        "<urllib3.connection.HTTPSConnection object at 0x7f12ab34cd56>: Failed to establish a connection"
    )
    assert brief(refused, 100) == "HTTPSConnection: Failed to establish a connection"


@pytest.fixture
def traced(db: None) -> Run:
    """A failed run whose traceback is longer than any page shows of it."""
    text = f"Traceback (most recent call last):\n{700 * FRAMES}{TIMEOUT}"
    return make_run("sync-crm", "failed", error=text)


@pytest.mark.parametrize(
    "address",
    ["/runs", "/runs/{run}", "/runs/{run}/quick", "/functions/sync-crm", "/events/{event}"],
)
def test_every_page_that_names_an_error_names_the_exception(
    client: Client, operator: User, traced: Run, address: str
) -> None:
    client.force_login(operator)
    response = client.get(address.format(run=traced.pk, event=traced.event_id))
    words = unescape(re.sub(r"<(pre|button).*?</\1>", "", response.content.decode(), flags=re.DOTALL))
    assert "Read timed out. (read timeout=10)" in words
    assert "Traceback (most recent call last)" not in words


def test_the_overview_names_the_exception_of_an_incident(client: Client, operator: User, traced: Run) -> None:
    for _ in range(5):
        make_run("sync-crm", "failed", error=traced.error, event=traced.event)
    client.force_login(operator)
    body = unescape(client.get("/overview").content.decode())
    assert "“ReadTimeout: crm.example.com:443: Read timed out. (read timeout=10)”" in body


def test_the_api_names_the_exception_beside_the_beginning(
    client: Client, operator: User, traced: Run
) -> None:
    client.force_login(operator)
    (row,) = client.get("/api/runs").json()["results"]
    assert row["error_headline"] == TIMEOUT
    assert row["error_head"] == (traced.error or "")[:200]


def test_a_page_of_a_long_error_shows_its_end_without_loading_all_of_it(
    client: Client, operator: User, traced: Run
) -> None:
    client.force_login(operator)
    body = unescape(client.get(f"/runs/{traced.pk}").content.decode())
    (shown,) = re.findall(r'<pre class="code wrap"[^>]*aria-label="Error">(.*?)</pre>', body, re.DOTALL)
    assert shown.startswith("Traceback")
    assert shown.endswith(TIMEOUT)
    assert len(shown) < 21_000


PIECES = (
    *(
        "Traceback (most recent call last):",
        '  File "a.py", line 1',
        "    at x (y.js:1:2)",
        "thread 'a' panicked at ",
    ),
    *("ValueError", ": ", "\n", "\n\n", "'", "{", '"message"', "[", "<title>", " ", "a.", "  | ", "a.py:3"),
)


@given(st.lists(st.sampled_from(PIECES), max_size=2_000).map("".join))
def test_whatever_the_error_its_headline_is_one_line_of_bounded_cost(text: str) -> None:
    assert len(headline(text).splitlines()) <= 1
    assert len(brief(headline(text), 100)) <= 100
