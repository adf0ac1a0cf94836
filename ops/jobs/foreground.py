"""A job worked off by the process that asked for it, as the command does: it needs no worker."""

import time
from collections.abc import Callable, Mapping

from ops.access.actors import Actor
from ops.jobs import lifecycle, submit, worker
from ops.jobs.models import Job
from ops.platform.errors import StateConflict

Watch = Callable[[Job], None]
SLICE_SECONDS = 1.0
# Somebody else holds the job: a worker that was told of it.
LOOK_AGAIN_SECONDS = 0.5


def collected(job: Job, watch: Watch) -> Job:
    """The job once its list is frozen; StateConflict if that went wrong."""
    job = worked_off(job, Job.State.COLLECTING, watch)
    if job.state != Job.State.READY:
        raise StateConflict(f"{job} is {job.state}: {job.explanation}")
    return job


def finished(
    job: Job, *, actor: Actor, reason: str, pace: Mapping[str, float], detach: bool, watch: Watch
) -> Job:
    """The job, confirmed with the number that was counted, when it has ended; at once with `detach`."""
    if detach:
        return submit.confirm(job.pk, actor=actor, reason=reason, typed=str(job.total), pace=pace)
    lifecycle.confirm(job.pk, actor=actor, reason=reason, typed=str(job.total), pace=pace)
    return worked_off(job, Job.State.RUNNING, watch)


def worked_off(job: Job, state: str, watch: Watch) -> Job:
    """Work until the job leaves the state."""
    job.refresh_from_db()
    while job.state == state:
        if not worker.work(job.pk, seconds=SLICE_SECONDS):
            job.refresh_from_db()
            if job.state == state:
                time.sleep(LOOK_AGAIN_SECONDS)
        job.refresh_from_db()
        watch(job)
    return job
