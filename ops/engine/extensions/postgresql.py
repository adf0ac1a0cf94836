"""Making and dropping objects on PostgreSQL without stopping the engine."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

from ops.engine.connections import unlimited
from ops.engine.extensions.catalog import digest_of, find
from ops.engine.extensions.errors import Refused
from ops.engine.extensions.extension import Extension, Part
from ops.engine.extensions.patience import Say, execute, patiently

# The whole engine waits behind a trigger's lock for as long as the lock itself waits.
SHORTLY = "SET LOCAL lock_timeout = '2s'"
ADVISORY_KEY = 4_711_002  # two builds of indexes would wait for each other


@contextmanager
def alone(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """One installer at a time, and without the time limit of pages."""
    if not execute(connection, "SELECT pg_try_advisory_lock(%s)", ADVISORY_KEY):
        raise Refused("Another `manage.py engine` is at work on this database.")
    try:
        with unlimited(connection):
            yield
    finally:
        execute(connection, "SELECT pg_advisory_unlock(%s)", ADVISORY_KEY)


def make(part: Part, extension: Extension, connection: BaseDatabaseWrapper, say: Say) -> None:
    """Make the object, or make it again; indexes are built concurrently, outside a transaction.

    An invalid index that an interrupted build left behind would pass for the real one, so an index that is
    there is dropped first. The comment comes last: an object without it counts as broken.
    """
    if part.kind == "index":
        drop(part, connection, say)
        execute(connection, part.create)
    else:
        patiently(connection, [SHORTLY, part.create], say)
    definition = find([extension], connection)[part.kind, part.name].definition
    patiently(connection, [SHORTLY, comment(part, f"{extension.mark} {digest_of(definition)}")], say)


def drop(part: Part, connection: BaseDatabaseWrapper, say: Say) -> None:
    """Drop the object without stopping the engine."""
    for statement in drops(part):
        if part.kind == "index":
            execute(connection, statement)
        else:
            patiently(connection, [SHORTLY, statement], say)


def drops(part: Part) -> tuple[str, ...]:
    """A trigger is disabled first: that doesn't wait for readers, as dropping it does."""
    if part.kind == "index":
        return (f"DROP INDEX CONCURRENTLY IF EXISTS {part.identity}",)
    if part.kind == "function":
        return (f"DROP FUNCTION IF EXISTS {part.identity}",)
    return (
        f"ALTER TABLE {part.table} DISABLE TRIGGER {part.identity}",
        f"DROP TRIGGER IF EXISTS {part.identity} ON {part.table}",
    )


def comment(part: Part, text: str) -> str:
    """The statement that marks an object."""
    on_table = f" ON {part.table}" if part.kind == "trigger" else ""
    return f"COMMENT ON {part.kind.upper()} {part.identity}{on_table} IS '{text}'"


def after_making(parts: Sequence[Part], connection: BaseDatabaseWrapper, say: Say) -> None:
    """Nothing: autovacuum keeps the planner's statistics."""


after_dropping = after_making


def script_to_make(extension: Extension) -> Iterator[str]:
    """What `install` runs, for a person who runs it by hand."""
    yield from session()
    for part in extension.parts("postgresql"):
        if part.kind == "index":
            yield from drops(part)
        yield part.create
        yield comment(part, extension.mark)


def script_to_drop(extension: Extension) -> Iterator[str]:
    """What `remove` runs."""
    yield from session()
    for part in reversed(extension.parts("postgresql")):
        yield from drops(part)


def session() -> Iterator[str]:
    """Where unqualified names are found, and no limit on the time of a build."""
    yield f'SET search_path = console, "{settings.ENGINE_SCHEMA}"'
    yield "SET statement_timeout = 0"
