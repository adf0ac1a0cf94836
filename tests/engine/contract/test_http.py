"""What only the server's HTTP door does; the simulator has none."""

import json

import pytest

from tests.engine.contract.client import Refused, leased
from tests.engine.contract.real import RealEngine

UNKNOWN = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def real(db: None, server: RealEngine) -> RealEngine:
    server.empty()
    return server


def test_the_server_says_that_it_is_healthy(real: RealEngine) -> None:
    assert real.call("/health") == {"status": "ok", "database": "healthy"}


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/runs/nope", None, 400),
        ("/runs?limit=abc", None, 400),
        ("/runs?event_id=nope", None, 400),
        ("/events", {"name": "no data"}, 422),
        ("/events", {"name": "much", "data": "x" * 2_100_000}, 413),
        ("/nothing", None, 404),
    ],
)
def test_malformed_requests_are_refused(real: RealEngine, path: str, body: object, status: int) -> None:
    with pytest.raises(Refused, match=f"^{status} "):
        real.call(path, body)
    assert real.events() == []


def test_an_unknown_run_is_answered_as_json(real: RealEngine) -> None:
    with pytest.raises(Refused) as refused:
        real.get_run(UNKNOWN)
    assert json.loads(str(refused.value).removeprefix("404 ")) == {"error": f"Run not found: {UNKNOWN}"}


@pytest.mark.sqlite
def test_a_step_id_with_a_slash_cannot_be_saved(real: RealEngine) -> None:
    run_id = leased(real)
    with pytest.raises(Refused, match="404"):
        real.call(f"/runs/{run_id}/steps/attach/ticket", {"output": {}})
    assert real.steps(run_id) == []


def test_an_integer_beyond_64_bit_is_rounded(real: RealEngine) -> None:
    sent = real.send("audit.note", {"big": 2**70})
    stored = real.event(sent["event_id"])["data"]["big"]
    assert isinstance(stored, float)
    assert stored == pytest.approx(2**70)
