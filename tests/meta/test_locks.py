"""The lock files hold what pyproject.toml asks for, and nothing of the machine that made them."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent.parent
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+) \\$", re.MULTILINE)
LINE = re.compile(r"[A-Za-z0-9._-]+==\S+ \\|    --hash=sha256:[0-9a-f]{64}( \\)?| *#.*|")
LOCKS = ("requirements.txt", "requirements-dev.txt")


PACKAGES = ("console", "functions", "runs", "events", "ops")


def pins(lock: str) -> dict[str, str]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    return {canonicalize_name(name): version for name, version in PIN.findall(text)}


def wanted(*, dev: bool) -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extra = project["optional-dependencies"]["dev"] if dev else []
    return [Requirement(line) for line in [*project["dependencies"], *extra]]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_dependency_is_locked_to_a_version_that_pyproject_allows(lock: str) -> None:
    found = pins(lock)
    asked = wanted(dev="dev" in lock)
    unmet = [
        str(one) for one in asked if not one.specifier.contains(found.get(canonicalize_name(one.name), "0"))
    ]
    assert unmet == [], "run `make lock`"


def test_development_runs_on_the_versions_of_production() -> None:
    assert pins(LOCKS[0]).items() <= pins(LOCKS[1]).items()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_a_hash_and_no_line_names_an_address_or_a_path(lock: str) -> None:
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    strange = [line for line in lines if not LINE.fullmatch(line)]
    assert strange == []
    assert not any("/" in line for line in lines)
    assert len(pins(lock)) == sum(line.endswith("\\") and "==" in line for line in lines)


def test_the_console_imports_nothing_that_production_does_not_install() -> None:
    distributions, locked = packages_distributions(), pins(LOCKS[0])
    own = {*PACKAGES, *sys.stdlib_module_names}
    strange = {
        f"{path.relative_to(ROOT)}: {name}"
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for name in imported(path) - own
        if not any(canonicalize_name(one) in locked for one in distributions.get(name, ()))
    }
    assert strange == set()


def imported(path: Path) -> set[str]:
    """The top-level packages that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found
