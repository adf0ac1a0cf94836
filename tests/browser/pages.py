"""Every page of the console, read from the URL config, over rows that strain a layout."""

from datetime import timedelta
from functools import partial

from django.test import Client
from django.utils import timezone

from ops.access.actors import Actor
from ops.access.models import User
from ops.audit import log
from ops.audit.log import Change
from ops.engine.values import Payload
from ops.jobs import submit
from tests.factories import make_event, make_function, make_run, make_step
from tests.meta.world import ALL, World
from tests.people import enter

LONG = "recalculate-" + "x" * 108
HEBREW = "חיוב-כרטיס-אשראי"
CHINESE = "重新计算所有客户的发票并发送提醒邮件"
TRACEBACK = "\n".join(
    [
        "Traceback (most recent call last):",
        *(f'  File "/srv/app/{"deep/" * 12}module_{n}.py", line {n}, in {LONG}' for n in range(40)),
        f"requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='crm.example.com', port=443): {LONG}",
    ]
)
NAMES = (LONG, HEBREW, CHINESE, "send-welcome-email")
# Variants that show parts of a page that its plain address doesn't.
VARIANTS = (
    "/overview?range=2h",
    "/overview?since=soon",
    "/runs?state=failed&created_from=2026-02-22T06:30&created_to=2026-02-22T09:00",
    f"/runs?q=zz&function_id={LONG}&worker={LONG}&state=failed&state=stuck&state=queued",
    "/runs?attempt=x",
    "/runs?has_error=true",
    f"/events?name={LONG}&user_id={LONG}",
    f"/functions/{LONG}",
    "/audit?verb=odd&outcome=odd",
    f"/ops/jobs?actor={LONG}",
    "/ops/operate/runs.cancel",
    f"/{LONG}",
)
# Swagger UI lays itself out.
FOREIGN = ("api/docs",)


def strain() -> World:
    """One row of everything, each with the longest and the widest that can be stored."""
    world = World.made()
    now = timezone.now()
    for name in NAMES:
        make_function(name, {"id": name, "triggers": [{"type": "event", "name": name}], "timeout_secs": 60})
        event = make_event(name, {name: [name] * 3}, user_id=name, idempotency_key=name)
        failed = make_run(name, "failed", event=event, error=TRACEBACK, concurrency_key=name, attempt=3)
        make_step(failed, name, started_at=now, ended_at=now + timedelta(seconds=2))
        make_step(failed, f"{name}/push", "failed", error=TRACEBACK)
        make_run(name, "failed", event=event, error=LONG * 20)
        make_run(name, "queued", event=event, run_after=now + timedelta(days=300))
        for until in (now + timedelta(minutes=5), now - timedelta(days=3)):
            make_run(name, "running", event=event, locked_by=name, locked_until=until)
        make_run(name, "completed", event=event, output=Payload.of({name: name * 1_700}))
        if name == LONG:
            world.keys |= {"runs": failed.pk, "events": event.pk, "functions": name}
            world.keys |= acted_on(failed.pk, world.people["Admin"])
    return world


def acted_on(run: str, admin: User) -> dict[str, str]:
    """What somebody with a long name did to the run, for a long reason."""
    User.objects.filter(pk=admin.pk).update(username=LONG, email=f"{LONG}@example.com", first_name=LONG)
    actor = Actor(user=User.objects.get(pk=admin.pk), door="page")
    job = submit.given("runs.replay", [run], actor=actor)
    entry = log.record(
        actor=actor, verb="runs.cancel", reason=LONG, changes=[Change(run, "skipped", reason=LONG)]
    )
    return {"jobs": str(job.pk), "audit": str(entry.pk)}


def pages(world: World) -> list[str]:
    """The address of every page that an admin can open, and the variants."""
    client = enter(Client(), world.people["Admin"])
    known = [world.address(address) for path, address in ALL.items() if path not in FOREIGN]
    return [*filter(partial(is_page, client), known), *VARIANTS]


def is_page(client: Client, address: str) -> bool:
    """Whether it answers with a document, not with a refusal, a fragment, a file or the way to elsewhere."""
    answer = client.get(address, headers={"accept": "text/html"})
    return answer.status_code == 200 and not answer.streaming and b"<html" in answer.content[:300]
