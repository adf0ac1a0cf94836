"""`manage.py audit verify`: whether the audit log is whole, as a command for people and for cron."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ops.audit.chain import Walk


def noted(text: str) -> tuple[int, str]:
    """`NUMBER:HASH`, as an earlier verification printed it."""
    number, _, digest = text.partition(":")
    if not number.isdecimal() or len(digest) != 64:
        raise argparse.ArgumentTypeError(
            f"“{text}” is not NUMBER:HASH, as an earlier verification printed it."
        )
    return int(number), digest


class Command(BaseCommand):
    """Walks the chain from its beginning; exits with 1 if anything is wrong."""

    help = "Verify the audit log's chain. Note the printed head elsewhere and give it as --expect next time."

    def add_arguments(self, parser: CommandParser) -> None:
        """`verify`, and what it compares with."""
        verify = parser.add_subparsers(dest="action", required=True).add_parser(
            "verify", help="Find every changed, removed or inserted entry."
        )
        verify.add_argument(
            "--expect",
            type=noted,
            action="append",
            default=[],
            metavar="NUMBER:HASH",
            help="A head noted earlier, which the log must still contain; repeatable.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """A line per fault, then how many entries there are and where the chain ends."""
        walk = Walk(expected=dict(options["expect"]))
        faults = 0
        for fault in walk.faults():
            faults += 1
            self.stdout.write(f"Entry {fault.entry}: {fault.text}.")
        self.stdout.write(f"{walk.entries:,} entries. Head {walk.number}:{walk.last}")
        if faults:
            raise CommandError(f"The audit log is not intact: {faults:,} faults.", returncode=1)
