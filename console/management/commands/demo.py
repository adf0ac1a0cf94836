"""`manage.py demo`: what `make run` brings up."""

import os
from argparse import ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from console.demo import database, processes


def port_number(text: str) -> int:
    """An argument's type: a port that needs no root."""
    if not text.isdecimal() or not 1024 <= int(text) <= 65_535:
        raise ArgumentTypeError(f"“{text}” is not a port between 1024 and 65535.")
    return int(text)


class Command(BaseCommand):
    """Makes the demo's database unless it is there, then runs web, worker, beat and engine."""

    help = "Run the console with sample data until Ctrl-C."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=port_number, default=os.environ.get("PORT", "8000"))
        parser.add_argument("--runs", type=int, default=50_000, help="size of the past; when it is made")

    def handle(self, *, port: int, runs: int, **options: Any) -> None:
        if not settings.IS_DEMO:
            raise CommandError("The demo uses only its own database: unset CONSOLE_DATABASE_URL.")
        with database.alone():
            database.require_free(port)
            database.make(self.stdout.write, runs=runs)
            os.environ["PORT"] = str(port)
            os.environ.setdefault("CONSOLE_LOG_LEVEL", "WARNING")  # else open pages scroll the address away
            if not processes.run(self.stdout.write, processes.DEMO):
                raise CommandError("The demo stopped.")
