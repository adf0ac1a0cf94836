"""Whether counters, items, log and database agree."""

from collections import Counter
from collections.abc import Iterator

from ops.api.idempotency import KnownRequest
from ops.audit.chain import Walk
from ops.audit.models import AuditItem
from ops.jobs.models import Job, JobItem
from runs.models import Replay, Run


def faults(jobs: list[int], *, keys: int) -> Iterator[str]:
    """Everything that isn't as it should be."""
    made = 0
    for job in Job.objects.filter(pk__in=jobs):
        yield from faults_of(job)
        made += job.done if job.verb == "runs.replay" else 0
    if Replay.objects.count() != made:
        yield f"{Replay.objects.count()} replays for {made} done"
    if Job.objects.count() != len(jobs):
        yield f"{Job.objects.count()} jobs were made, {len(jobs)} asked for"
    if (known := KnownRequest.objects.count()) != keys:
        yield f"{known} requests were done, {keys} asked for"
    yield from (f"audit entry {fault.entry}: {fault.text}" for fault in Walk().faults())


def faults_of(job: Job) -> Iterator[str]:
    """The same of one job."""
    items = list(JobItem.objects.filter(job=job).values_list("target", "outcome", "result"))
    counted = Counter(outcome for _, outcome, _ in items)
    if job.state != "finished" or job.counts != {name: counted[name] for name in job.counts}:
        yield f"{job} is {job.state}, counts {job.counts}, its items {dict(counted)}"
    done = {target: result for target, outcome, result in items if outcome == "done"}
    audited = AuditItem.objects.filter(entry__job=job.pk, outcome="done").values_list("target", flat=True)
    if Counter(audited) != Counter(list(done)):
        yield f"{job}: {len(audited)} effects in the log, {len(done)} done"
    yield from (faults_of_replay if job.verb == "runs.replay" else faults_of_cancel)(done)


def faults_of_cancel(done: dict[str, str]) -> Iterator[str]:
    """What was cancelled is, and stays."""
    status = dict(Run.objects.filter(status="cancelled").values_list("pk", "status"))
    if missing := done.keys() - status.keys():
        yield f"{len(missing)} are said to be cancelled and are not"


def faults_of_replay(done: dict[str, str]) -> Iterator[str]:
    """Each origin has one new run of the job, which is there."""
    links = dict(Replay.objects.values_list("run", "origin"))
    if wrong := [result for target, result in done.items() if links.get(result) != target]:
        yield f"{len(wrong)} new runs are not linked to their origin"
    if len(set(done.values())) != len(done):
        yield f"{len(set(done.values()))} new runs for {len(done)} done"
    there = set(Run.objects.filter(pk__in=Replay.objects.values("pk")).values_list("pk", flat=True))
    if missing := set(done.values()) - there:
        yield f"{len(missing)} new runs are missing"
