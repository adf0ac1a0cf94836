"""What people do to a job: start one, confirm, stop, resume, change its pace, retry what failed."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ops.access.actors import Actor
from ops.audit import log
from ops.audit.chain import canonical
from ops.jobs import throttle
from ops.jobs.models import Job
from ops.operations.operation import Operation, fault_of_reason, get_operation
from ops.operations.targets import get_target
from ops.platform.errors import InvalidInput, StateConflict

State = Job.State
TYPE_ABOVE = 100
PACE = {
    "duty": (1, 100, "per cent of the time spent working"),
    "feed": (0.1, 10_000, "new runs per second"),
    "brake": (1, 100, "per cent of the new runs that may fail"),
}
FEEDING = ("feed", "brake")  # mean nothing for a verb that makes no new work for the engine
OPEN = (State.COLLECTING, State.READY, State.RUNNING, State.STOPPED)


def create(
    verb: str,
    *,
    actor: Actor,
    source: str,
    ids: Sequence[str] | None = None,
    matching: Mapping[str, list[str]] | None = None,
    items: Mapping[str, Any] | None = None,
    reason: str = "",
    parameters: dict[str, Any] | None = None,
    **links: Any,
) -> Job:
    """A job that begins to collect: the ids given, items of another job, or all that match a filter.

    Raises PermissionDenied, EngineMismatch, InvalidInput or StateConflict; a refusal is audited.
    """
    operation = get_operation(verb)
    operation.admit(list(ids or ()), actor=actor, reason=reason)
    clean = operation.clean_parameters(parameters or {})
    require_room()
    keys = get_target(operation.model).keys_of(ids or ())
    given = {"ids": list(dict.fromkeys(keys.get(pk, pk) for pk in ids))} if ids is not None else items
    with transaction.atomic():
        job = Job.objects.create(
            verb=verb,
            reason=reason,
            parameters=canonical(clean),
            source=source,
            frontier=json.dumps(given or {"filter": dict(matching or {})}),
            created_by=actor.name,
            **who(actor),
            **{"feed": operation.feed} | links,
        )
        note("jobs.create", job, actor, reason)
    return job


def confirm(
    pk: int,
    *,
    actor: Actor,
    reason: str,
    typed: str = "",
    pace: Mapping[str, float | None] | None = None,
    parameters: dict[str, Any] | None = None,
) -> Job:
    """Start a ready job. Above 100 items the number has to be typed; a second confirmation is refused.

    `pace` and `parameters` replace those that the job was made with.
    """
    with held(pk, State.READY, actor=actor, verb="confirmed") as job:
        require_fresh(job)
        require_room()
        faults = faults_of_confirmation(job, reason, typed)
        if faults := faults | dict(faults_of_pace(pace or {}, get_operation(job.verb))):
            raise InvalidInput(faults)
        changes = {"state": State.RUNNING, "reason": reason.strip(), "started_at": timezone.now()} | who(
            actor
        )
        changes |= dict(pace or {})
        if parameters is not None:
            changes["parameters"] = canonical(get_operation(job.verb).clean_parameters(parameters))
        for name, value in changes.items():
            setattr(job, name, value)
        job.save(update_fields=list(changes))
        told = {name: value for name, value in (pace or {}).items() if value is not None}
        note("jobs.confirm", job, actor, reason, **told)
    return job


def who(actor: Actor) -> dict[str, Any]:
    """The columns of who answers for the job."""
    return {
        "actor_id": actor.user.pk,
        "actor": actor.name,
        "door": actor.door,
        "address": actor.address,
        "user_agent": actor.user_agent,
        "request_id": actor.request_id,
    }


def faults_of_confirmation(job: Job, reason: str, typed: str) -> dict[str, str]:
    """What is missing before the job may start, by field."""
    faults = {}
    if fault := fault_of_reason(reason):
        faults["reason"] = fault
    if job.total > TYPE_ABOVE and typed.replace(",", "").strip() != str(job.total):
        faults["number"] = f"Type {job.total} to confirm that you mean all of them."
    return faults


def stop(pk: int, *, actor: Actor, reason: str = "") -> Job:
    """Stop it after the chunk at work; what is done stays done."""
    with held(pk, State.COLLECTING, State.READY, State.RUNNING, actor=actor, verb="stopped") as job:
        job.state = State.STOPPED
        job.save(update_fields=["state"])
        note("jobs.stop", job, actor, reason)
    return job


def resume(pk: int, *, actor: Actor, reason: str = "") -> Job:
    """Go on where it stopped: collecting, waiting for a confirmation, or running.

    From then on the job is the actor's: it does what they may do.
    """
    with held(pk, State.STOPPED, actor=actor, verb="resumed") as job:
        require_room()
        collected = job.frontier == "{}"
        state = State.COLLECTING if not collected else State.RUNNING if job.started_at else State.READY
        changes = {"state": state, "explanation": "", "worked_at": None} | who(actor)
        Job.objects.filter(pk=pk).update(**changes)
        job.refresh_from_db()
        note("jobs.resume", job, actor, reason)
    return job


def pace(pk: int, *, actor: Actor, **values: float | None) -> Job:
    """Change duty, feed or brake, also while the job runs."""
    if faults := dict(faults_of_pace(values, get_operation(get(pk).verb))):
        raise InvalidInput(faults)
    with held(pk, *OPEN, actor=actor, verb="changed") as job:
        if "feed" in values:
            throttle.set_feed(job, values["feed"])
        for name, value in values.items():
            setattr(job, name, value)
        job.save(update_fields=[*values, "feed_cursor", "feed_worked"])
        note("jobs.pace", job, actor, "", **values)
    return job


def faults_of_pace(values: Mapping[str, float | None], operation: Operation) -> Iterator[tuple[str, str]]:
    """What is wrong with a pace for the verb, by field."""
    if unknown := values.keys() - PACE.keys():
        yield from ((name, f"No such setting. Available: {', '.join(PACE)}.") for name in sorted(unknown))
    for name, (low, high, meaning) in PACE.items():
        value = values.get(name)
        optional = name in values and value is None and name != "duty"
        if name in values and not optional and (value is None or not low <= value <= high):
            yield name, f"A number from {low:g} to {high:g}: {meaning}."
        elif name in FEEDING and values.get(name) is not None and operation.feed is None:
            yield name, f"{operation.name} makes no new runs: leave it out."


class SuccessorOpen(StateConflict):
    """There is a job already that undoes or retries the job, and hasn't ended."""

    def __init__(self, successor: Job) -> None:
        self.successor = successor
        words = {"undo": "takes back what", "retry": "tries again what failed of what"}
        super().__init__(
            f"Job {successor.pk} already {words[successor.relation]} job {successor.origin_id} did; "
            f"it is {successor.state}."
        )


def undo(pk: int, *, actor: Actor) -> Job:
    """A new job that takes back what can be taken back, linked to the first."""
    inverse = get_operation(get(pk).verb).undo
    with succeeded(pk, "undo", inverse.verb if inverse else None, actor=actor, done="undone") as job:
        if inverse is None:
            raise StateConflict(f"{job} can't be undone.")
        return create(
            inverse.verb,
            actor=actor,
            source=f"what job {pk} did",
            items={"items_of": pk, "outcome": "done", "column": inverse.of},
            parameters=dict(inverse.parameters),
            origin=job,
            relation="undo",
        )


def retry_failed(pk: int, *, actor: Actor) -> Job:
    """A new job of the items that failed, linked to the first."""
    with succeeded(pk, "retry", None, actor=actor, done="retried") as job:
        if not job.failed:
            raise StateConflict(f"No item of job {pk} failed.")
        return create(
            job.verb,
            actor=actor,
            source=f"what failed in job {pk}",
            items={"items_of": pk, "outcome": "failed", "column": "target"},
            parameters=job.parameters_value,
            origin=job,
            relation="retry",
        )


@contextmanager
def succeeded(pk: int, relation: str, verb: str | None, *, actor: Actor, done: str) -> Iterator[Job]:
    """An ended job that no open one undoes or retries yet, locked, so that one of several makes the next."""
    # Before the transaction: the audit entry of a refusal has to outlive it.
    own = get(pk).verb
    for name in {own, verb or own}:
        get_operation(name).admit([], actor=actor, reason="")
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=pk)
        require(job, State.FINISHED, State.STOPPED, State.FAILED, verb=done)
        if other := job.successors.filter(relation=relation, state__in=OPEN).first():
            raise SuccessorOpen(other)
        yield job


def get(pk: int) -> Job:
    """The job; InvalidInput if there is none of that number."""
    try:
        return Job.objects.get(pk=pk)
    except Job.DoesNotExist:
        raise InvalidInput({"job": f"There is no job {pk}."}) from None


@contextmanager
def held(pk: int, *states: str, actor: Actor, verb: str) -> Iterator[Job]:
    """The job, locked and in one of the states, for an actor who may do what it does."""
    # Before the transaction: the audit entry of a refusal has to outlive it.
    get_operation(get(pk).verb).admit([], actor=actor, reason="")
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=pk)
        require(job, *states, verb=verb)
        yield job


def require(job: Job, *states: str, verb: str) -> None:
    """StateConflict unless the job is in one of the states."""
    if job.state not in states:
        by = f" by {job.actor}" if verb == "confirmed" and job.started_at else ""
        raise StateConflict(f"Job {job.pk} is {job.state}{by}; it can't be {verb}.")


def require_fresh(job: Job) -> None:
    """StateConflict for a draft that is too old, whether or not the schedule has discarded it yet."""
    if job.expires_at is not None and job.expires_at < timezone.now():
        hours = settings.JOB_DRAFT_HOURS
        raise StateConflict(f"Job {job.pk} was frozen more than {hours} hours ago. Make it again.")


def require_room() -> None:
    """StateConflict while as many jobs are at work as there may be."""
    if Job.objects.filter(state__in=(State.COLLECTING, State.RUNNING)).count() >= settings.JOBS_LIMIT:
        raise StateConflict(
            f"{settings.JOBS_LIMIT} jobs are active: that is the limit. Wait for one, or stop one."
        )


def note(verb: str, job: Job, actor: Actor, reason: str, **parameters: Any) -> None:
    """Audit what a person did to a job."""
    told = {"verb": job.verb, "source": job.source, "total": job.total} | parameters
    log.record(actor=actor, verb=verb, reason=reason, parameters=told, job=job.pk)
