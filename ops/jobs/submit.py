"""Jobs set going: what `control` decides, and then a worker told; a small list is collected at once."""

from typing import Any

from django.db import transaction
from django.http import QueryDict
from django.template.defaultfilters import pluralize

from ops.access.actors import Actor
from ops.jobs import lifecycle, tasks, worker
from ops.jobs.models import Job
from ops.operations.operation import get_operation
from ops.operations.targets import get_target

# A person waits for the page meanwhile.
AT_ONCE_SECONDS = 0.5


def matching(
    verb: str,
    data: QueryDict,
    *,
    everything: bool,
    actor: Actor,
    reason: str = "",
    parameters: dict[str, Any] | None = None,
    **links: Any,
) -> Job:
    """A job over all that match a filter's parameters."""
    operation = get_operation(verb)
    operation.admit([], actor=actor, reason=reason)
    target = get_target(operation.model)
    frozen = target.frozen(data, everything=everything)
    return begun(
        lifecycle.create(
            verb,
            actor=actor,
            source=target.filter(frozen).in_words() or f"every {target.noun}",
            matching=frozen,
            reason=reason,
            parameters=parameters,
            **links,
        )
    )


def given(verb: str, ids: list[str], *, actor: Actor, **links: Any) -> Job:
    """A job over ids that somebody named."""
    noun = get_target(get_operation(verb).model).noun
    source = f"{len(ids):,} {noun}{pluralize(len(ids))} by id"
    return begun(lifecycle.create(verb, actor=actor, source=source, ids=ids, **links))


def confirm(pk: int, *, actor: Actor, reason: str, typed: str = "", **settings: Any) -> Job:
    """Start a ready job; `settings` are its pace and parameters."""
    return sent(lifecycle.confirm(pk, actor=actor, reason=reason, typed=typed, **settings))


def resume(pk: int, *, actor: Actor) -> Job:
    """Go on with a stopped job."""
    return sent(lifecycle.resume(pk, actor=actor))


def retry_failed(pk: int, *, actor: Actor) -> Job:
    """A new job of what failed."""
    return begun(lifecycle.retry_failed(pk, actor=actor))


def undo(pk: int, *, actor: Actor) -> Job:
    """A new job that takes back what can be taken back."""
    return begun(lifecycle.undo(pk, actor=actor))


def begun(job: Job) -> Job:
    """Once it is committed, collect for as long as a person is glad to wait; a worker does the rest."""
    transaction.on_commit(lambda: begin(job.pk))
    job.refresh_from_db()
    return job


def begin(pk: int) -> None:
    """The first half second here, the rest in a worker."""
    if worker.work(pk, seconds=AT_ONCE_SECONDS):
        tasks.send(pk)


def sent(job: Job) -> Job:
    """Tell a worker once it is committed, if there is anything to do for one."""
    transaction.on_commit(lambda: tasks.send(job.pk))
    return job
