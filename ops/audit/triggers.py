"""Database triggers that refuse every change of the audit log but an insert."""

from django.db.backends.base.base import BaseDatabaseWrapper

TABLES = {
    "ops_auditentry": "id = NEW.id",
    "ops_audititem": "entry_id = NEW.entry_id AND position = NEW.position",
}

POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION console.audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit log is append-only: % of % refused.', TG_OP, TG_TABLE_NAME;
END $$
"""
POSTGRESQL_TRIGGERS = """
CREATE OR REPLACE TRIGGER console_append_only BEFORE UPDATE OR DELETE ON console.{table}
    FOR EACH ROW EXECUTE FUNCTION console.audit_is_append_only();
CREATE OR REPLACE TRIGGER console_append_only_truncate BEFORE TRUNCATE ON console.{table}
    FOR EACH STATEMENT EXECUTE FUNCTION console.audit_is_append_only()
"""
SQLITE_TRIGGER = """
CREATE TRIGGER IF NOT EXISTS {table}_no_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, 'The audit log is append-only.'); END
"""
# INSERT OR REPLACE deletes the old row without asking the trigger on DELETE.
SQLITE_REPLACE = """
CREATE TRIGGER IF NOT EXISTS {table}_no_replace BEFORE INSERT ON {table}
WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})
BEGIN SELECT RAISE(ABORT, 'The audit log is append-only.'); END
"""


def protect(connection: BaseDatabaseWrapper) -> None:
    """Install the triggers; idempotent."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(POSTGRESQL_FUNCTION)
            for table in TABLES:
                cursor.execute(POSTGRESQL_TRIGGERS.format(table=table))
        else:
            for table, same in TABLES.items():
                cursor.execute(SQLITE_REPLACE.format(table=table, same=same))
                for verb in ("update", "delete"):
                    cursor.execute(SQLITE_TRIGGER.format(table=table, verb=verb))


def unprotect(connection: BaseDatabaseWrapper) -> None:
    """Remove the triggers, for the reverse migration and for tests that empty the tables."""
    with connection.cursor() as cursor:
        for table in TABLES:
            if connection.vendor == "postgresql":
                cursor.execute(f"DROP TRIGGER IF EXISTS console_append_only ON console.{table}")
                cursor.execute(f"DROP TRIGGER IF EXISTS console_append_only_truncate ON console.{table}")
            else:
                for verb in ("update", "delete", "replace"):
                    cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb}")
