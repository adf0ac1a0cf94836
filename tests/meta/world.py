"""One row of everything, and the addresses of the whole portal filled with it."""

import re
from dataclasses import dataclass, field

from django.contrib.auth.models import Group

from ops.access.actors import Actor
from ops.access.models import User
from ops.audit import log
from ops.audit.log import Change
from ops.jobs import submit
from ops.operations.matrix import Address, addresses
from ops.tokens import actions
from tests.conftest import person
from tests.factories import make_event, make_function, make_run, make_step

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\^\(\?P<(\w+)>.*?\)/?\$|\(\?P<(\w+)>.*?\)\$")


@dataclass
class World:
    """People by role, and the address patterns with the keys that fill them."""

    people: dict[str, User] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    @classmethod
    def made(cls) -> "World":
        """With rows that every page can show."""
        names = {"Viewer": "vera", "Operator": "olga", "Admin": "adam", "": "sten"}
        world = cls({role: person(name, role) for role, name in names.items()})
        event, group = make_event(), Group.objects.create(name="Night shift")
        run = make_run(event=event)
        make_step(run)
        actor = Actor(user=world.people["Operator"], door="page")
        viewer = world.people["Viewer"]
        token, _ = actions.create(user=viewer, name="script", days=1, actor=SYSTEM, reason="")
        job = submit.given("runs.cancel", [run.pk], actor=actor)
        log.record(actor=actor, verb="runs.cancel", changes=[Change(run.pk, "done")])
        world.keys = {
            "tokens": token.prefix,
            "runs": run.pk,
            "events": event.pk,
            "functions": make_function(run.function_id).pk,
            "jobs": str(job.pk),
            "audit": "1",
            "user": str(viewer.pk),
            "group": str(group.pk),
            "apitoken": str(token.pk),
        }
        return world

    def address(self, address: Address) -> str:
        """The address of a row."""
        return "/" + PARAMETER.sub(lambda found: self.key(address.path, found), address.path)

    def key(self, path: str, found: re.Match[str]) -> str:
        """What stands in place of one parameter."""
        name = found[1] or found[2] or found[3]
        known = {"verb": "runs.cancel", "name": "error", "app_label": "auth/", "url": "nothing"}
        if name in known:
            return known[name]
        before = [part for part in path[: found.start()].split("/") if part in self.keys]
        return self.keys[before[-1]] if before else "1"


SYSTEM = Actor(user=None, door="system")
ALL = {address.path: address for address in addresses()}
