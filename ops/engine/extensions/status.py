"""Which extensions the database has, and what is missing without them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import connection as default_connection
from django.db.backends.base.base import BaseDatabaseWrapper

from ops.engine.extensions.catalog import Found, find
from ops.engine.extensions.extension import Extension, Part
from ops.engine.extensions.known import EXTENSIONS, get
from ops.platform.memoize import remember


class State(StrEnum):
    """How an extension stands in a database."""

    ABSENT = "absent"
    CURRENT = "current"
    OUTDATED = "outdated"
    BROKEN = "broken"


@dataclass(frozen=True)
class Status:
    """One extension in one database, with a sentence per fault."""

    extension: Extension
    state: State
    faults: tuple[str, ...] = ()

    @property
    def is_current(self) -> bool:
        """True when the console may rely on it."""
        return self.state == State.CURRENT


def status(connection: BaseDatabaseWrapper) -> list[Status]:
    """Every extension, asked now; raises DatabaseError when the database can't be asked."""
    found = find(EXTENSIONS, connection)
    return [judge(extension, found, connection.vendor) for extension in EXTENSIONS]


def status_of(name: str, connection: BaseDatabaseWrapper) -> Status:
    """One extension, asked now, in one query of the catalog."""
    extension = get(name)
    return judge(extension, find([extension], connection), connection.vendor)


def is_current(name: str, connection: BaseDatabaseWrapper) -> bool:
    """Whether the console may rely on the extension, asked now."""
    return status_of(name, connection).is_current


@remember(seconds=30)
def recent() -> Mapping[str, Status]:
    """Name → status of the last half minute, for pages."""
    return {found.extension.name: found for found in status(default_connection)}


def judge(extension: Extension, found: Mapping[tuple[str, str], Found], vendor: str) -> Status:
    """The state that follows from the objects found."""
    parts = extension.parts(vendor)
    if not any((part.kind, part.name) in found for part in parts):
        return Status(extension, State.ABSENT)
    faults = tuple(faults_of(extension, found, vendor))
    if not faults:
        return Status(extension, State.CURRENT)
    versions = [found[part.kind, part.name].version for part in parts if (part.kind, part.name) in found]
    is_older = all(version is not None and version < extension.version for version in versions)
    return Status(extension, State.OUTDATED if is_older else State.BROKEN, faults)


def faults_of(extension: Extension, found: Mapping[tuple[str, str], Found], vendor: str) -> Iterator[str]:
    """What is wrong with each object, as sentences."""
    for part in extension.parts(vendor):
        fault = fault_of(part, found.get((part.kind, part.name)), extension, vendor)
        if fault:
            yield f"The {part.kind} {part.name} {fault}."


def fault_of(part: Part, found: Found | None, extension: Extension, vendor: str) -> str:
    """What is wrong with one object; empty when nothing is."""
    if found is None:
        return "is missing"
    if not found.works:
        return (
            "is disabled"
            if part.kind == "trigger"
            else "is invalid: its build is in progress or was interrupted"
        )
    if found.version is None:
        return "was not made by this command"
    if found.version != extension.version:
        return f"is of version {found.version}, this console's is {extension.version}"
    return "" if found.is_as_made(part, vendor) else "is not defined as it was installed"


def unfit_parts(extension: Extension, found: Mapping[tuple[str, str], Found], vendor: str) -> Sequence[Part]:
    """The parts that an installation has to make or remake."""
    return [
        part
        for part in extension.parts(vendor)
        if fault_of(part, found.get((part.kind, part.name)), extension, vendor)
    ]
