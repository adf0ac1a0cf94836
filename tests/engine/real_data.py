"""Databases written by the real engine: not in this repository, used where they lie beside it."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[3] / "shared" / "engine-data"
needs_real_data = pytest.mark.skipif(
    not (FOLDER / "choreo.sqlite3").exists(), reason="needs ../shared/engine-data beside the repository"
)
