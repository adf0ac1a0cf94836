"""What the database's catalog holds, to compare before and after."""

from typing import Any

from django.db import connection

POSTGRESQL = """
SELECT pg_describe_object('pg_class'::regclass, oid, 0), '' FROM pg_class WHERE oid >= 16384
UNION ALL SELECT pg_describe_object('pg_proc'::regclass, oid, 0), prosrc FROM pg_proc WHERE oid >= 16384
UNION ALL SELECT pg_get_triggerdef(oid), tgenabled::text FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT pg_describe_object('pg_namespace'::regclass, oid, 0), nspacl::text FROM pg_namespace
UNION ALL SELECT pg_describe_object(classoid, objoid, objsubid), description FROM pg_description
          WHERE objoid >= 16384
ORDER BY 1, 2
"""
SQLITE = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2"


def snapshot() -> list[Any]:
    """Every object that isn't the database's own."""
    with connection.cursor() as cursor:
        cursor.execute(POSTGRESQL if connection.vendor == "postgresql" else SQLITE)
        return list(cursor.fetchall())


def execute(statement: str) -> None:
    """Run one statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement)


def quiet(line: str) -> None:
    """Nobody listens."""
