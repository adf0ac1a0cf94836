"""`manage.py prepare`: makes the database ready for this version of the console, at every deployment."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection

from ops.access.roles import keep_roles
from ops.engine import extensions, schema
from ops.engine.connections import unlimited
from ops.platform.prepared import missing_tables, pending_migrations

EPILOG = """exit codes: 0 ready; 1 the database could not be made ready;
3 ready, but the engine's tables are not the ones this console knows, or a right on them is missing:
it shows what it can, and refuses operations"""
LOCK = 4_711_001


class Command(BaseCommand):
    """Migrations, role groups, schema check. Idempotent; two at once wait for each other."""

    help = "Make the database ready: migrations, role groups, schema check. Run it at every deployment."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = EPILOG

    def handle(self, **options: Any) -> None:
        try:
            with alone():
                self.migrate()
                self.keep_roles()
            report = schema.check(connection)
            self.report_engine(report)
            self.report_extensions()
        except DatabaseError as error:
            raise CommandError(f"The database could not be made ready: {str(error).strip()}") from error
        if not report.ok:
            raise CommandError("Until then the console changes nothing in the engine.", returncode=3)
        if report.lacking:
            raise CommandError("Until then the operations that need these rights are refused.", returncode=3)

    def migrate(self) -> None:
        """Bring the console's own tables up to date, and look where they ended up."""
        missing = missing_tables(connection)
        pending = 0 if missing else pending_migrations(connection)
        call_command("migrate", interactive=False, verbosity=0)
        lost = sorted(missing_tables(connection))
        if lost:
            raise CommandError(
                f"These tables are not in the schema console: {', '.join(lost)}. Is the search path of"
                " CONSOLE_DATABASE_URL overridden, by a connection pooler or by the role?"
            )
        done = "made" if missing else f"{pending} migrations applied" if pending else "up to date"
        self.stdout.write(f"Console's tables: {done}")

    def keep_roles(self) -> None:
        """The three groups with exactly their permissions."""
        for line in keep_roles():
            self.stdout.write(f"Role {line}")

    def report_engine(self, report: schema.SchemaReport) -> None:
        """What was found of the engine's tables."""
        state = f"known (engine {report.engine})" if report.ok else "not the ones this console knows"
        self.stdout.write(f"Engine's tables: {state}")
        for sentence in report.sentences:
            self.stdout.write(f"  {sentence}")

    def report_extensions(self) -> None:
        """Which extensions are there; they are installed by nobody but the operator."""
        for found in extensions.status(connection):
            name = found.extension.name
            self.stdout.write(f"Extension {name}: {found.state}")
            if not found.is_current:
                self.stdout.write(
                    f"  {found.extension.without} To install it: manage.py engine install {name}"
                )


@contextmanager
def alone() -> Iterator[None]:
    """One at a time, and without the time limit of pages."""
    with alone_on_postgresql() if connection.vendor == "postgresql" else alone_on_sqlite():
        yield


@contextmanager
def alone_on_sqlite() -> Iterator[None]:
    """Hold the database's folder: migrating takes many transactions, and the file may not be there yet."""
    folder = Path(connection.settings_dict["NAME"]).parent
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise CommandError(f"The database could not be made ready: {error}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def alone_on_postgresql() -> Iterator[None]:
    with unlimited(connection), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
