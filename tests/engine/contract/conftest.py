"""The fixture `engine`: each test of the contract asks the simulator and, if it is there, the server."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.engine.contract.client import Engine
from tests.engine.contract.real import RealEngine, real_engine
from tests.engine.contract.simulated import SimulatedEngine

NO_BINARY = "CHOREO_BIN does not name the engine's server"


@pytest.fixture(scope="session")
def server(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealEngine]:
    """The real server, one for all tests of this process."""
    if "CHOREO_BIN" not in os.environ:
        pytest.skip(NO_BINARY)
    with real_engine(os.environ["CHOREO_BIN"], tmp_path_factory.mktemp("engine")) as engine:
        yield engine


@pytest.fixture(params=["simulator", "server"])
def engine(request: pytest.FixtureRequest, db: None) -> Engine:
    """An engine without functions, events and runs."""
    if request.param == "simulator":
        return SimulatedEngine()
    found: RealEngine = request.getfixturevalue("server")
    found.empty()
    return found


@pytest.fixture
def simulator(db: None) -> SimulatedEngine:
    """The simulator alone, for what HTTP can't force to happen."""
    return SimulatedEngine()
