"""`manage.py housekeep`: what the schedule does every hour, for deployments without one."""

from typing import Any

from django.core.management.base import BaseCommand

from console import housekeeping


class Command(BaseCommand):
    """Idempotent; beside running workers and at any time."""

    help = "Remove expired sessions, old idempotency answers and the like (docs/deployment.md)."

    def handle(self, **options: Any) -> None:
        removed, _ = housekeeping.clean_up()
        for name, count in removed.items():
            self.stdout.write(f"{count:,} {name} removed")
