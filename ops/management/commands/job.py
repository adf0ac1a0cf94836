"""`manage.py job DEED NUMBER --actor NAME`: what people do to a job, from a shell.

Exits with 0 when it was done, 2 when it was refused or can't be used; then nothing was changed.
"""

from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError

from ops.access.actors import Actor, person
from ops.jobs import drafts, lifecycle, submit
from ops.jobs.models import Job
from ops.platform.errors import EngineMismatch, InvalidInput, StateConflict

DEEDS: Mapping[str, Callable[..., Job]] = {
    "confirm": lambda pk, actor, reason, number: submit.confirm(pk, actor=actor, reason=reason, typed=number),
    "stop": lambda pk, actor, reason, number: lifecycle.stop(pk, actor=actor, reason=reason),
    "resume": lambda pk, actor, reason, number: submit.resume(pk, actor=actor),
    "discard": lambda pk, actor, reason, number: drafts.discard(pk, actor=actor, reason=reason),
    "retry-failed": lambda pk, actor, reason, number: submit.retry_failed(pk, actor=actor),
    "undo": lambda pk, actor, reason, number: submit.undo(pk, actor=actor),
}


class Command(BaseCommand):
    """The deeds of a job's page; `operate` makes jobs."""

    help = "Confirm, stop, resume or discard a job, retry what failed in it, or undo it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The deed and the job; who does it and why."""
        parser.add_argument("deed", choices=sorted(DEEDS))
        parser.add_argument("job", type=int, metavar="NUMBER", help="The job's.")
        parser.add_argument("--actor", required=True, help="User name of the person who does this.")
        parser.add_argument("--reason", default="", help="Why; needed to confirm.")
        parser.add_argument("--number", default="", help="The job's total; needed to confirm more than 100.")

    def handle(self, *, deed: str, job: int, **options: Any) -> None:
        """Do it and print the job that it leads to."""
        try:
            actor = Actor(user=person(options["actor"], field="actor"), door="command")
            found = DEEDS[deed](job, actor, options["reason"], options["number"])
        except (InvalidInput, PermissionDenied, EngineMismatch, StateConflict) as error:
            raise CommandError(str(error), returncode=2) from None
        found.refresh_from_db()
        self.stdout.write(f"{found}: {found.state}")
