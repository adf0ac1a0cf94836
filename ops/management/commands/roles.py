"""`manage.py roles`: write docs/roles.md, the matrix of roles, from the code."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ops.operations.matrix import document

PLACE = Path(settings.BASE_DIR) / "docs" / "roles.md"


class Command(BaseCommand):
    """Writes the file, or says whether it is up to date."""

    help = "Write docs/roles.md: who may open which address and use which verb."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do besides writing."""
        parser.add_argument("--check", action="store_true", help="Change nothing; fail if it is out of date.")

    def handle(self, *args: Any, **options: Any) -> None:
        text = document()
        if not options["check"]:
            PLACE.write_text(text, encoding="utf-8")
        elif not PLACE.exists() or PLACE.read_text(encoding="utf-8") != text:
            raise CommandError("docs/roles.md is out of date. Run: manage.py roles")
