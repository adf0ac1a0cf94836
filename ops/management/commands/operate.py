"""`manage.py operate VERB [ID…] --actor NAME --reason TEXT`: any operation from a shell, the fourth door.

Exits with 0 when every id was done, 3 when some were skipped or failed, 2 when the call was refused or
can't be used; then nothing was changed.
"""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError
from django.http import QueryDict

from ops.access.actors import Actor, person
from ops.jobs import foreground, lifecycle, submit
from ops.jobs.models import Job
from ops.jobs.preview import Preview, preview
from ops.jobs.preview_api import PreviewSerializer
from ops.operations.operation import Result, get_operation, operations
from ops.platform.errors import EngineMismatch, InvalidInput, StateConflict

REFUSED, INCOMPLETE = 2, 3


class Command(BaseCommand):
    """Ids are arguments, or lines of the standard input where one of them is `-`."""

    help = "Run an operation on the given ids."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Names as promised in the reference."""
        verbs = ", ".join(operation.name for operation in operations())
        parser.add_argument("verb", help=f"One of: {verbs}.")
        parser.add_argument(
            "ids", nargs="*", metavar="ID", help="Whole ids; - reads them from standard input."
        )
        parser.add_argument("--actor", required=True, help="User name of the person who does this.")
        parser.add_argument("--reason", required=True, help="Why; the audit log keeps it.")
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="KEY=VALUE",
            help="A parameter of the verb; give it again with the same key for several values.",
        )
        parser.add_argument("--json", action="store_true", help="Print the outcomes as JSON.")
        parser.add_argument(
            "--filter",
            metavar="QUERY",
            help="All that match, as a job: the list's parameters, such as state=failed&created_from=24h.",
        )
        parser.add_argument("--all", action="store_true", help="Needed when the filter is empty.")
        parser.add_argument("--rate", type=float, help="New runs per second of that job.")
        parser.add_argument(
            "--brake", type=int, help="Stop it when more than this percentage of its new runs has failed."
        )
        parser.add_argument(
            "--preview", action="store_true", help="Only collect, and print what the job would do."
        )
        parser.add_argument("--detach", action="store_true", help="Leave the job to the workers.")

    def handle(self, **options: Any) -> None:
        """Do it, print an outcome per id, exit with what became of it."""
        try:
            if options["filter"] is not None or options["all"]:
                self.handle_job(options)
                return
            result = self.call(options)
        except (InvalidInput, PermissionDenied, EngineMismatch, StateConflict) as error:
            raise CommandError(self.told(error, as_json=options["json"]), returncode=REFUSED) from None
        self.stdout.write(as_json(result) if options["json"] else as_text(result))
        if result.counts["done"] < result.counts["requested"]:
            sys.exit(INCOMPLETE)

    def call(self, options: dict[str, Any]) -> Result:
        """The operation's own call; everything it raises means that nothing was changed."""
        if options["rate"] is not None or options["brake"] is not None or options["preview"]:
            raise InvalidInput(
                {"filter": "--rate, --brake and --preview are for jobs: give --filter or --all."}
            )
        operation = get_operation(options["verb"])
        actor = Actor(user=person(options["actor"], field="actor"), door="command")
        ids = list(ids_of(options["ids"]))
        return operation(ids, actor=actor, reason=options["reason"], parameters=parameters_of(options["set"]))

    def handle_job(self, options: dict[str, Any]) -> None:
        """Freeze what matches, do it, and say how it ended."""
        if options["ids"]:
            raise InvalidInput({"ids": "Give either ids, or --filter or --all."})
        if not options["reason"].strip():
            raise InvalidInput({"reason": "Say why: the audit log keeps it."})
        actor = Actor(user=person(options["actor"], field="actor"), door="command")
        pace = {"feed": options["rate"], "brake": options["brake"]}
        pace = {name: value for name, value in pace.items() if value is not None}
        if faults := dict(lifecycle.faults_of_pace(pace, get_operation(options["verb"]))):
            raise InvalidInput(faults)
        job = submit.matching(
            options["verb"],
            QueryDict(options["filter"] or ""),
            everything=options["all"],
            actor=actor,
            reason=options["reason"],
            parameters=parameters_of(options["set"]),
        )
        job = foreground.collected(job, self.watch)
        if options["preview"]:
            self.stdout.write(previewed(job, as_json=options["json"]))
            return
        about = {"reason": options["reason"], "pace": pace, "detach": options["detach"]}
        job = foreground.finished(job, actor=actor, watch=self.watch, **about)
        told = {"job": job.pk, "state": job.state, "total": job.total, "counts": job.counts}
        self.stdout.write(json.dumps(told) if options["json"] else f"{job}: {job.state}. {words_of(job)}")
        if not options["detach"] and job.done < job.total:
            sys.exit(INCOMPLETE)

    def watch(self, job: Job) -> None:
        """Progress, for whoever looks on."""
        self.stderr.write(f"{job}: {job.state}, {words_of(job)}")

    def told(self, error: Exception, *, as_json: bool) -> str:
        """What went wrong; with --json also as JSON on standard output."""
        fields = error.fields if isinstance(error, InvalidInput) else {}
        if as_json:
            self.stdout.write(json.dumps({"error": {"message": str(error), "fields": fields}}))
        return str(error)


def words_of(job: Job) -> str:
    """`40 done, 2 skipped, 0 failed, 0 pending`."""
    return ", ".join(f"{count:,} {outcome}" for outcome, count in job.counts.items())


def previewed(job: Job, *, as_json: bool) -> str:
    """What confirming the job would do, as the API tells it or in words."""
    found = preview(job)
    if as_json:
        return json.dumps(PreviewSerializer(found).data | {"job": job.pk}, ensure_ascii=False)
    return "\n".join(words_of_preview(job, found))


def words_of_preview(job: Job, found: Preview) -> Iterator[str]:
    """What confirming the job would do, a line each."""
    words = {"done": get_operation(job.verb).past}
    yield f"{job}: {found.total:,} frozen, {job.source}"
    for end in found.expected:
        remark = f": {end.remark}" if end.remark else ""
        yield f"{end.count:,} will be {words.get(end.outcome, end.outcome)}{remark}"
    for name, shares in (("state", found.states), ("function", found.groups), ("age", found.ages)):
        yield f"by {name}: " + ", ".join(f"{share.name or '–'} {share.count:,}" for share in shares)
    yield from (f"Warning: {text}" for text in found.warnings)
    yield from (f"Since the list was frozen: {text}" for text in found.changed)
    yield found.final
    yield f"Nothing was changed. Confirm it at {job.get_absolute_url()}."


def ids_of(arguments: Iterable[str]) -> Iterable[str]:
    """The ids in their order, with the lines of standard input in the place of `-`."""
    for argument in arguments:
        if argument == "-":
            yield from (line.strip() for line in sys.stdin if line.strip())
        else:
            yield argument


def parameters_of(pairs: Iterable[str]) -> dict[str, Any]:
    """`key=value` pairs as parameters; a key given several times becomes a list."""
    found: dict[str, list[str]] = {}
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign or not key:
            raise InvalidInput({"set": f"Write key=value, not “{pair}”."})
        found.setdefault(key, []).append(value)
    return {key: values if len(values) > 1 else values[0] for key, values in found.items()}


def as_text(result: Result) -> str:
    """A line per id, then the sum."""
    lines = [" ".join([one.outcome, one.target, one.reason]).strip() for one in result.changes]
    counts = result.counts
    total = f"{counts['done']} done, {counts['skipped']} skipped, {counts['failed']} failed"
    return "\n".join([*lines, f"{total}; audit entry {result.entry.pk}"])


def as_json(result: Result) -> str:
    """The same as the API's answer."""
    outcomes = [{"id": one.target, "outcome": one.outcome, "reason": one.reason} for one in result.changes]
    return json.dumps({"outcomes": outcomes, "audit": result.entry.pk}, ensure_ascii=False)
