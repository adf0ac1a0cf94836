"""What an extension is: a named addition to the engine's database, declared by data and SQL files."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SQL = Path(__file__).parent / "sql"
HEADER = re.compile(r"^-- (?P<kind>index|function|trigger) (?P<identity>\S+)(?: ON (?P<table>\w+))?$")


@dataclass(frozen=True)
class Part:
    """One object in the database and the statement that makes it."""

    kind: str
    identity: str
    table: str
    create: str

    @property
    def name(self) -> str:
        """The bare name, as the catalog has it."""
        return self.identity.rpartition(".")[2].partition("(")[0]


@dataclass(frozen=True, kw_only=True)
class Extension:
    """A named, versioned addition; raise the version with every change of its SQL."""

    name: str
    version: int
    purpose: str
    without: str

    @property
    def mark(self) -> str:
        """What its objects carry: a comment on PostgreSQL, part of the stored text on SQLite."""
        return f"choreo-console {self.name} {self.version}"

    def parts(self, vendor: str) -> tuple[Part, ...]:
        """Its objects in the order of making; they are removed in the opposite order."""
        return read_parts(vendor, self.name, self.mark)


@cache
def read_parts(vendor: str, name: str, mark: str) -> tuple[Part, ...]:
    """Paragraphs of a file: a comment that ends in a line naming the object, and its statement."""
    text = (SQL / vendor / f"{name}.sql").read_text(encoding="utf-8")
    return tuple(parts_of(text.replace("$mark", mark)))


def parts_of(text: str) -> Iterator[Part]:
    for paragraph in text.strip().split("\n\n"):
        lines = paragraph.splitlines()
        for number, line in enumerate(lines):
            if header := HEADER.match(line):
                create = "\n".join(lines[number + 1 :])
                yield Part(header["kind"], header["identity"], header["table"] or "", create)
