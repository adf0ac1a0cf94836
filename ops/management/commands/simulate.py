"""`simulate`: a stand-in for the engine, on a database that it created."""

import argparse
import time
from collections.abc import Callable
from random import Random
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from ops.access.demo_accounts import make_accounts
from ops.access.roles import keep_roles
from ops.engine.simulator import NotOurs, create
from ops.engine.simulator.live import Live, stop_on_signals
from ops.engine.simulator.seeding import NotEmpty, seed

A_CENTURY = 36_500


def between(low: float, high: float, kind: Callable[[str], Any] = int) -> Callable[[str], Any]:
    """An argument's type: a number from `low` to `high`."""

    def read(text: str) -> Any:
        try:
            number = kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"“{text}” is not a number.") from None
        if not low <= number <= high:
            raise argparse.ArgumentTypeError(f"{text} is not between {low:,} and {high:,}.")
        return number

    return read


def pace_words(rate: float | None) -> str:
    return "Events as often as in the past" if rate is None else f"{rate} events per second"


class Command(BaseCommand):
    """Makes the engine's tables, a past, or live traffic; refuses every database that it did not create."""

    requires_system_checks = ()  # pages and settings of a deployment don't matter to an engine
    help = "A stand-in for the engine: create its tables, seed a past, or keep traffic going."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("create", help="make the engine's tables in a database that has none")
        past = verbs.add_parser("seed", help="create, then invent accounts and a past, unless there is one")
        past.add_argument("--runs", type=between(1, 100_000_000), default=50_000)
        past.add_argument("--days", type=between(1, A_CENTURY), default=14)
        past.add_argument("--seed", type=int, default=1, help="the same number, the same past")
        past.add_argument("--lean", action="store_true", help="tiny payloads and few steps, for measurements")
        live = verbs.add_parser("live", help="server and workers, until SIGTERM or Ctrl-C")
        live.add_argument(
            "--rate",
            type=between(0.01, 1_000, float),
            help="events per second; else as in the past",
        )
        live.add_argument("--seed", type=int, help="the same number, the same events and failures")
        live.add_argument("--workers", type=between(1, 100), default=4)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, options["verb"])(options)
        except NotOurs as error:
            raise CommandError(str(error)) from error

    def create(self, options: dict[str, Any]) -> None:
        """The engine's tables and the marker."""
        create(connection)
        self.stdout.write("The engine's tables exist.")

    def seed(self, options: dict[str, Any]) -> None:
        """Everything that the demo shows."""
        create(connection)
        call_command("migrate", verbosity=0)
        list(keep_roles())
        made = make_accounts(connection)
        if made:
            self.stdout.write(f"Accounts {', '.join(made)}, password demo.")
        begun = time.monotonic()
        given = {name: options[name] for name in ("runs", "days", "seed", "lean")}
        try:
            written = seed(connection, **given)
        except NotEmpty:
            self.stdout.write("The past has been seeded already.")
            return
        self.stdout.write(f"{written:,} runs of {options['days']} days in {time.monotonic() - begun:.1f} s.")

    def live(self, options: dict[str, Any]) -> None:
        """Traffic until somebody says stop."""
        random = None if options["seed"] is None else Random(options["seed"])  # noqa: S311 - reproducible
        living = Live(connection, rate=options["rate"], workers=options["workers"], random=random)
        stop_on_signals(living)
        self.stdout.write(f"{pace_words(options['rate'])}, {options['workers']} workers.")
        living.run()
        self.stdout.write("Stopped.")
