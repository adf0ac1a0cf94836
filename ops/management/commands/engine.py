"""`manage.py engine`: what the engine's database has of the console's extensions, and changing that."""

from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection

from ops.engine import extensions
from ops.engine.extensions import Extension, State
from ops.platform.errors import InvalidInput

EPILOG = """exit codes: 0 done, or nothing to do; 1 the database refused, or rights are missing;
2 unusable input; 3 (status) an extension is outdated or broken"""


class Command(BaseCommand):
    """List, install and remove the named additions to the engine's database."""

    help = "List, install and remove the named additions to the engine's database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = EPILOG
        parser.add_argument("verb", choices=("status", "install", "remove"))
        parser.add_argument("names", nargs="*", metavar="NAME", help="Extensions; all of them unless given.")
        parser.add_argument("--sql", action="store_true", help="Print the SQL and change nothing.")

    def handle(self, *, verb: str, names: list[str], sql: bool, **options: Any) -> None:
        chosen = choose(names)
        if sql:
            self.print_sql(chosen, verb)
        elif verb == "status":
            self.print_status(chosen)
        else:
            self.change(chosen, extensions.install if verb == "install" else extensions.remove)

    def print_sql(self, chosen: list[Extension], verb: str) -> None:
        """The statements, ready for psql or sqlite3."""
        script = extensions.script_to_remove if verb == "remove" else extensions.script_to_install
        for extension in chosen:
            self.stdout.write(f"-- {extension.name} {extension.version}: {extension.purpose}")
            for statement in script(extension, connection):
                self.stdout.write(f"{statement};")
            self.stdout.write("")

    def print_status(self, chosen: list[Extension]) -> None:
        """A paragraph per extension; exit code 3 when one needs care."""
        try:
            found = [one for one in extensions.status(connection) if one.extension in chosen]
        except DatabaseError as error:
            raise CommandError(f"The database could not be asked: {first_line(error)}") from error
        for one in found:
            self.stdout.write(f"{one.extension.name} {one.extension.version}: {one.state}")
            self.stdout.write(f"  {one.extension.purpose}")
            for fault in one.faults:
                self.stdout.write(f"  {fault}")
            if not one.is_current:
                self.stdout.write(f"  Without it: {one.extension.without}")
                self.stdout.write(f"  To install it: manage.py engine install {one.extension.name}")
        if any(one.state in {State.OUTDATED, State.BROKEN} for one in found):
            raise CommandError("An extension is outdated or broken.", returncode=3)

    def change(self, chosen: list[Extension], verb: Callable[..., None]) -> None:
        """One after the other; stops at the first that can't be changed."""
        for extension in chosen:
            try:
                verb(extension, connection, self.stdout.write)
            except extensions.Refused as refused:
                raise CommandError(f"{extension.name} was not changed. {refused}") from refused
            except DatabaseError as error:
                raise CommandError(
                    f"{extension.name} is not finished: {first_line(error)}. Run the command again."
                ) from error


def choose(names: list[str]) -> list[Extension]:
    """The extensions of these names, in the order in which they are installed; all of them for none."""
    try:
        wanted = [extensions.get(name) for name in names]
    except InvalidInput as unknown:
        raise CommandError(unknown.fields["name"], returncode=2) from unknown
    return [extension for extension in extensions.EXTENSIONS if not wanted or extension in wanted]


def first_line(error: BaseException) -> str:
    """The database's own words."""
    return str(error).strip().partition("\n")[0].rstrip(".")
