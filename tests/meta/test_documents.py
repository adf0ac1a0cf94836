"""The documents find each other: every link of ours leads somewhere, and the index names every document."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.sqlite
ROOT = Path(__file__).parents[2]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


def targets(document: Path) -> set[Path]:
    """The files that a document links to."""
    links = LINK.findall(document.read_text(encoding="utf-8"))
    return {(document.parent / link).resolve() for link in links}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_to_something_that_is_there(document: Path) -> None:
    assert [str(path) for path in targets(document) if not path.exists()] == []


def test_the_index_names_every_document() -> None:
    index = ROOT / "docs" / "README.md"
    assert {*(ROOT / "docs").glob("*.md"), ROOT / "docs" / "decisions"} - targets(index) == {index}


def test_the_first_screen_shows_pictures_and_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len([path for path in targets(ROOT / "README.md") if path.suffix == ".png"]) >= 3
    assert text.index("make run") < text.index("## ")
