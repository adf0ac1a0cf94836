"""`manage.py look`: a first look at an engine's own database, by one command."""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connections

from console import first_look
from console.demo import database, processes
from console.management.commands.demo import port_number
from ops.access.roles import ROLES, VIEWER
from ops.health import measurements

EPILOG = """Listens on this machine alone. Nothing is written before you have agreed to the console's own
tables, and the engine's are only read, unless you choose another role and then operate."""


class Command(BaseCommand):
    """Asks before it adds the console's own tables, then runs web, worker and beat."""

    help = "Look at the database of an engine until Ctrl-C."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = EPILOG
        given = os.environ.get("DATABASE_URL")
        parser.add_argument(
            "database_url",
            nargs="?" if given else None,
            default=given,
            help="sqlite:////path/to/choreo.db or postgresql://…; unless given, that of DATABASE_URL",
        )
        parser.add_argument("--port", type=port_number, default=os.environ.get("PORT", "8000"))
        parser.add_argument("--role", choices=list(ROLES), default=VIEWER, help="of the account that is made")
        parser.add_argument("--yes", action="store_true", help="agree beforehand to the console's own tables")

    def handle(self, *, database_url: str, port: int, role: str, yes: bool, **options: Any) -> None:
        if database_url != settings.DATABASE_URL:
            environment = first_look.environment(database_url)
            os.execve(sys.executable, [sys.executable, *sys.argv], environment)  # noqa: S606 - ourselves
        if settings.IS_DEMO:
            raise CommandError("This is the demo's own database: make run.")
        with database.alone():
            database.require_free(port)
            self.agree(yes=yes)
            self.prepare()
            with first_look.account(role) as password:
                welcome = {"port": port, "account": first_look.ACCOUNT, "password": password, "role": role}
                os.environ |= {"PORT": str(port), "WELCOME": first_look.WELCOME.format(**welcome)}
                connections.close_all()
                ended_well = processes.run(self.stdout.write, processes.CONSOLE)
        if not ended_well:
            raise CommandError("The console stopped.")

    def agree(self, *, yes: bool) -> None:
        """Look without writing, and ask; CommandError unless there is an engine and a yes."""
        try:
            with first_look.reading_only():
                if not first_look.has_engine():
                    raise CommandError("There are no tables of a Choreo engine in this database.")
                missing = first_look.what_is_missing()
        except DatabaseError as error:
            raise CommandError(f"The database can't be read: {str(error).strip()}") from error
        if not missing or yes:
            return
        self.stdout.write(missing)
        if not sys.stdin.isatty():
            raise CommandError("Nothing was changed. To agree to that, say --yes.")
        if input("Go on? [y/N] ").strip().lower() not in {"y", "yes"}:
            raise CommandError("Nothing was changed.")

    def prepare(self) -> None:
        """The console's tables, static files and first figures; an unknown engine can be read, too."""
        try:
            call_command("prepare", stdout=self.stdout)
        except CommandError as error:
            if error.returncode != 3:
                raise
            self.stdout.write(str(error))
        database.forget_broker()
        database.quietly("collectstatic", "--no-input")
        measurements.measure_and_keep()
