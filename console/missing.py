"""What a page says about a thing that isn't there: which one, and what may have become of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest

from ops.audit.models import AuditEntry

CUT = "The address may have been cut short when it was copied, or lead to another environment's console."
GONE = "It may have been removed from the engine's database."
FAMILIES = {
    "runs_run_change": "run",
    "runs_run_history": "run",
    "runs_run_replay": "run",
    "runs_run_quick": "run",
    "events_event_change": "event",
    "functions_function_change": "function",
    "ops_job_change": "job",
    "ops_auditentry_change": "entry",
}


@dataclass(frozen=True)
class Missing:
    """A thing that isn't there; `word` is on the way to `link`."""

    title: str
    text: str
    link: str
    word: str


def missing_of(request: HttpRequest) -> Missing | None:
    """The thing that the address names; None where it names none that could be."""
    match = request.resolver_match
    family = FAMILIES.get(match.url_name or "") if match else None
    if match is None or family is None:
        return None
    key = next(iter(match.kwargs.values()))
    return TOLD[family](key)


def run(pk: str) -> Missing:
    """By its id."""
    return Missing(
        f"There is no run {pk}", f"{GONE} {CUT}", f"/runs?{urlencode({'q': pk[:18]})}", "Search runs"
    )


def event(pk: str) -> Missing:
    """By its id."""
    return Missing(
        f"There is no event {pk}", f"{GONE} {CUT}", f"/events?{urlencode({'q': pk[:18]})}", "Search events"
    )


def function(name: str) -> Missing:
    """By its id: it has a page as long as it is registered or has a run."""
    text = f"It isn't registered with the engine, and no run names it. It may have been renamed. {CUT}"
    return Missing(f"There is no function {name}", text, "/functions", "Functions")


def job(number: int) -> Missing:
    """By its number."""
    text = "It may have been discarded before it began. Whatever a job did is in the audit log."
    return Missing(f"There is no job {number}", text, "/ops/jobs", "Jobs")


def entry(number: int) -> Missing:
    """By its number: there are no gaps."""
    last = AuditEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    text = f"Entries are numbered without gaps and never removed; the last one is {last:,}. {CUT}"
    return Missing(f"There is no audit entry {number}", text, "/audit", "Audit log")


TOLD: dict[str, Callable[[Any], Missing]] = {
    "run": run,
    "event": event,
    "function": function,
    "job": job,
    "entry": entry,
}
