"""The house rules: how long files and functions are, who writes engine rows, which way imports point."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest
from django.core.management import call_command, get_commands
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

ROOT = Path(__file__).parents[2]
PACKAGES = ("console", "functions", "runs", "events", "ops")
TEXTS = ("py", "css", "js", "html", "sql", "md", "toml", "sh")
# Not by hand: pip-tools, `npm`-less libraries, Django's migrations.
GENERATED = ("requirements.txt", "requirements-dev.txt", "LICENSE", "static/vendor/", "/migrations/")
LONGEST_FILE, LONGEST_FUNCTION, MEDIAN_FUNCTION = 400, 40, 10
ENGINE_MODELS = {"Run", "Step", "Event", "Function"}
# The stand-in for the engine and what makes its rows; nothing of it touches a database that it didn't make.
ENGINE_WRITERS = ("ops/engine/simulator/", "ops/engine/ddl/")
WRITERS = {"save", "delete", "bulk_update", "get_or_create", "update_or_create"}
COLUMN_WRITERS = {"update", "create", "bulk_create"}
ENGINE_SQL = re.compile(
    r"(?:INSERT INTO|UPDATE|DELETE FROM)\s+(?:function_runs|step_runs|events|functions)\b"
)


def files(*endings: str) -> list[Path]:
    """What is in the repository, or will be with the next commit."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],  # noqa: S607 - whichever git there is
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.splitlines()
    found = [ROOT / name for name in listed] or [path for path in ROOT.rglob("*") if is_source(path)]
    return [path for path in found if path.suffix[1:] in endings and path.is_file()]


def is_source(path: Path) -> bool:
    """Whether a file of a copy without history belongs to it, and was not made by running something."""
    return not {".git", ".venv", "var", "static-root", ".hypothesis"} & set(path.relative_to(ROOT).parts)


def ours(*endings: str) -> list[Path]:
    """The packages' own files, without tests."""
    return [path for path in files(*endings) if name_of(path).split("/")[0] in PACKAGES]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Name and length of each function, from its `def` to its end."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            yield f"{name_of(path)}:{node.lineno} {node.name}", node.end_lineno - node.lineno + 1


def test_no_file_is_longer_than_400_lines() -> None:
    long = {
        name_of(path): count
        for path in files(*TEXTS)
        if not any(part in name_of(path) for part in GENERATED)
        and (count := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    }
    assert long == {}


def test_functions_are_short() -> None:
    lengths = dict(
        found for path in ours("py") if "migrations" not in path.parts for found in functions(path)
    )
    assert median(lengths.values()) <= MEDIAN_FUNCTION
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def test_no_line_switches_a_tool_off_altogether() -> None:
    blanket = ("# noqa\n", "# type: ignore\n", "# mypy: ignore-errors", "# ruff: noqa")
    texts = {
        name_of(path): path.read_text(encoding="utf-8")
        for path in files("py")
        if path.name != Path(__file__).name
    }
    assert [name for name, text in texts.items() if any(mark in text for mark in blanket)] == []


def writes_to_engine_models(path: Path, *, by: set[str]) -> Iterator[str]:
    """Calls of such methods on an engine model or its manager: `Run(…).save()`, `Run.objects…update(…)`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in by:
            names = {inner.id for inner in ast.walk(node.func.value) if isinstance(inner, ast.Name)}
            if names & ENGINE_MODELS:
                yield f"{name_of(path)}:{node.lineno} {ast.unparse(node.func)}"


def sql_that_writes_engine_rows(path: Path) -> Iterator[str]:
    """Texts of the module, but for docstrings, that insert, update or delete engine rows."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield from (f"{name_of(path)}:{node.lineno} {found}" for found in ENGINE_SQL.findall(node.value))


def writes_outside_actions(path: Path) -> list[str]:
    """Where a module changes engine rows that isn't one of its app's actions."""
    if name_of(path).startswith(ENGINE_WRITERS) or "actions" in path.relative_to(ROOT).with_suffix("").parts:
        return []
    return [*writes_to_engine_models(path, by=COLUMN_WRITERS), *sql_that_writes_engine_rows(path)]


def test_no_engine_row_is_saved_or_deleted_through_its_model() -> None:
    found = [
        call
        for path in ours("py")
        if not name_of(path).startswith(ENGINE_WRITERS)
        for call in writes_to_engine_models(path, by=WRITERS)
    ]
    assert found == []


def test_nothing_but_actions_changes_engine_rows() -> None:
    assert [write for path in ours("py") for write in writes_outside_actions(path)] == []


def test_the_search_for_engine_writes_finds_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    path = tmp_path / "x.py"
    path.write_text(
        "Run.objects.filter(pk=1).delete()\nRun(pk=1).save()\nRun.objects.update(a=1)\nother.save()\n"
        'def close():\n    """UPDATE function_runs"""\n    execute("UPDATE function_runs SET a = 1")\n'
    )
    assert len(list(writes_to_engine_models(path, by=WRITERS))) == 2
    assert len(writes_outside_actions(path)) == 2


def test_imports_point_downwards() -> None:
    rank = {package: place for place, package in enumerate(PACKAGES)}
    upwards = [
        f"{name_of(path)} imports {module}"
        for path in ours("py")
        for module in imported(path)
        if rank.get(module.split(".")[0], 99) < rank[name_of(path).split("/")[0]]
    ]
    assert upwards == []


def imported(path: Path) -> Iterator[str]:
    """The modules that the file names."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_every_command_has_a_test() -> None:
    mine = [name for name, app in get_commands().items() if app in PACKAGES]
    texts = "\n".join(path.read_text(encoding="utf-8") for path in files("py") if "tests" in path.parts)
    untested = [name for name in mine if f'"{name}"' not in texts]
    assert untested == []


def test_every_operation_has_a_test() -> None:
    from ops.operations.operation import operations

    texts = "\n".join(path.read_text(encoding="utf-8") for path in files("py") if "tests" in path.parts)
    assert [verb.name for verb in operations() if f'"{verb.name}"' not in texts] == []


def test_no_page_holds_inline_script_style_or_handler() -> None:
    marks = ("<script>", " style=", " onclick=", " onload=", " onchange=", "javascript:", "hx-on", "<style")
    found = [
        f"{name_of(path)}: {mark}"
        for path in files("html")
        for mark in marks
        if mark in path.read_text(encoding="utf-8").lower()
    ]
    assert found == []


def test_no_template_takes_a_key_that_callers_choose_for_a_method() -> None:
    loops = {
        f"{path.name}: {line.strip()}"
        for path in (ROOT / "templates").rglob("*.html")
        for line in path.read_text().splitlines()
        if "faults.items" in line or "params.items" in line
    }
    assert not loops, "write `faults|pairs`"


@pytest.mark.django_db(transaction=True)
def test_migrations_go_back_and_forth() -> None:
    mine = [app for app in PACKAGES if app != "console"]
    executor = MigrationExecutor(connection)
    try:
        executor.migrate([(app, None) for app in mine])
        left = set(connection.introspection.table_names())
        assert not {name for name in left if name.startswith("ops_")}
    finally:
        call_command("migrate", verbosity=0)  # with what follows after migrations
    assert "ops_auditentry" in connection.introspection.table_names()


def test_migrations_are_small_and_reversible() -> None:
    from django.db.migrations import RunPython, RunSQL
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(None)
    for (app, name), migration in loader.disk_migrations.items():
        if app in PACKAGES:
            assert migration.initial or len(migration.operations) <= 8, f"{app}.{name}"
            special = [step for step in migration.operations if isinstance(step, RunPython | RunSQL)]
            assert all(step.reversible for step in special), f"{app}.{name}"
