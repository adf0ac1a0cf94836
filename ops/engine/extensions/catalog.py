"""What the database holds of the extensions' objects, in one query."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper

from ops.engine.extensions.extension import Extension, Part

MARK = re.compile(r"choreo-console (?P<name>\w+) (?P<version>\d+)(?: (?P<digest>[0-9a-f]{12}))?")

POSTGRESQL = """
SELECT 'index', c.relname, i.indisvalid AND i.indisready, obj_description(c.oid, 'pg_class'),
       pg_get_indexdef(c.oid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE c.relname = ANY (%(names)s::text[])
  AND i.indrelid IN (to_regclass('events'), to_regclass('function_runs'))
UNION ALL
SELECT 'trigger', t.tgname, t.tgenabled IN ('O', 'A'), obj_description(t.oid, 'pg_trigger'),
       pg_get_triggerdef(t.oid)
FROM pg_trigger t
WHERE t.tgname = ANY (%(names)s::text[]) AND t.tgrelid = to_regclass('function_runs') AND NOT t.tgisinternal
UNION ALL
SELECT 'function', p.proname, true, obj_description(p.oid, 'pg_proc'), pg_get_functiondef(p.oid)
FROM pg_proc p
WHERE p.proname = ANY (%(names)s::text[]) AND p.pronamespace = to_regnamespace('console')
"""
SQLITE = """
SELECT type, name, 1, sql, sql FROM sqlite_master
WHERE type IN ('index', 'trigger') AND tbl_name IN ('events', 'function_runs')
  AND name IN (SELECT value FROM json_each(%s))
"""


@dataclass(frozen=True)
class Found:
    """One object as the database has it."""

    works: bool
    note: str
    definition: str

    @property
    def version(self) -> int | None:
        """The version of the extension that made it; None if this command did not."""
        mark = MARK.search(self.note)
        return int(mark["version"]) if mark else None

    def is_as_made(self, part: Part, vendor: str) -> bool:
        """Whether it is still what the statement made.

        SQLite keeps the statement's text. PostgreSQL writes its own, of which the comment has a digest;
        a comment without one was made by the printed SQL.
        """
        if vendor == "sqlite":
            return self.definition == part.create
        mark = MARK.search(self.note)
        return mark is not None and mark["digest"] in {None, digest_of(self.definition)}


def digest_of(definition: str) -> str:
    """Names a definition in few characters."""
    return hashlib.sha256(definition.encode()).hexdigest()[:12]


def find(extensions: Sequence[Extension], connection: BaseDatabaseWrapper) -> dict[tuple[str, str], Found]:
    """(kind, name) → object, of those of the extensions' objects that are there."""
    names = [part.name for extension in extensions for part in extension.parts(connection.vendor)]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(POSTGRESQL, {"names": names})
        else:
            cursor.execute(SQLITE, [json.dumps(names)])
        return {
            (kind, name): Found(bool(works), note or "", definition or "")
            for kind, name, works, note, definition in cursor.fetchall()
        }
