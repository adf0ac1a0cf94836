"""Values of many megabytes: pages show their beginning and read no more; the rest comes in slices."""

import html
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from ops.access.models import User
from ops.engine import excerpts
from ops.engine.values import Payload
from runs.models import Run
from tests.factories import make_event, make_run, make_step

pytestmark = pytest.mark.django_db
BIG = 4_000_000
MOST = 3_000_000


@pytest.fixture(autouse=True)
def short_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excerpts, "SLICE", {"postgresql": 200_000, "sqlite": 200_000})


@pytest.fixture
def olga(client: Client, operator: User) -> Client:
    client.force_login(operator)
    return client


@pytest.fixture
def run() -> Run:
    """A run whose event, input, output and step are all long."""
    value = Payload('{"rows": "' + "é<" * (BIG // 3) + '"}')
    run = make_run("big", "completed", event=make_event(data=value), input=value, output=value)
    make_step(run, "charge", input=value, output=value, started_at=run.created_at, ended_at=run.created_at)
    return run


def peak_of(read: Callable[[], Any]) -> int:
    """Bytes that Python held at most while it read."""
    tracemalloc.start()
    try:
        read()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_pages_read_the_beginning_of_long_values_alone(olga: Client, run: Run) -> None:
    here, event = run.get_absolute_url(), f"/events/{run.event_id}"
    olga.get(here)
    for address in (here, f"{here}?step=charge", f"{here}/quick", f"{here}/replay", event):
        body = []
        assert peak_of(lambda: body.append(olga.get(address).content.decode())) < MOST  # noqa: B023 - at once
        assert "&lt;" in body[0] or address.endswith("replay")
        assert len(body[0]) < 100_000


def test_a_long_value_is_sent_in_slices_and_whole(olga: Client, run: Run) -> None:
    here, event = run.get_absolute_url(), f"/events/{run.event_id}"
    names = ("event", "input", "output", "step-input?step=charge", "step-output?step=charge")
    for address in (*(f"{here}/values/{name}" for name in names), f"{event}/payload"):
        answer: Any = olga.get(address)
        assert answer.streaming
        got: list[int] = []
        assert peak_of(lambda: got.extend(map(len, answer.streaming_content))) < MOST  # noqa: B023 - at once
        assert sum(got) > BIG
    whole = olga.get(f"{here}/values/output").getvalue().decode()
    stored = Run.objects.get(pk=run.pk).output.text
    assert html.unescape(whole) == f'<pre class="raw code wrap">{stored}</pre>'


def test_a_long_error_is_sent_in_slices(olga: Client) -> None:
    run = make_run(status="failed", error="boom\n" * 100_000)
    answer: Any = olga.get(f"{run.get_absolute_url()}/values/error")
    assert answer.streaming
    assert answer.getvalue().decode().count("boom") == 100_000


def test_values_that_are_gone_are_404(olga: Client) -> None:
    run = make_run()
    for name in ("output", "error", "nothing", "step-output?step=none"):
        assert olga.get(f"{run.get_absolute_url()}/values/{name}").status_code == 404
