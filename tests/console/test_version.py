"""The version is written once, in `console/__init__.py`, and told the same everywhere."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from setuptools.config.expand import read_attr  # type: ignore[import-untyped]

from console import __version__
from ops.access.models import User
from tests.api.conftest import signed_in

ROOT = Path(__file__).parents[2]


def test_the_package_takes_the_version_from_the_code() -> None:
    about = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" not in about["project"]
    place = about["tool"]["setuptools"]["dynamic"]["version"]["attr"]
    assert read_attr(place, root_dir=ROOT) == __version__


@pytest.mark.django_db
def test_schema_health_and_metrics_tell_the_version(viewer: User, settings: Any) -> None:
    settings.METRICS_TOKEN = "m" * 40
    caller = signed_in(viewer)
    assert caller.get("/api/health")["version"] == __version__
    assert __version__.startswith(f"{caller.answer['API-Version']}.")
    assert caller.client.get("/api/schema/?format=json").json()["info"]["version"] == __version__
    metrics = caller.client.get("/metrics", headers={"Authorization": f"Bearer {settings.METRICS_TOKEN}"})
    assert f'version="{__version__}"' in metrics.content.decode()
