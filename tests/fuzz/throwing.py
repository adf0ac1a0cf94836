"""One request after the other, each of them told by the seed and its number."""

import json
import logging
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote

from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.signals import got_request_exception
from django.db import connection
from django.test import Client

from ops.access.actors import Actor
from ops.access.models import User
from ops.jobs.models import Job
from ops.tokens import actions
from runs.models import Run
from tests.fuzz import doors, values
from tests.fuzz.doors import Door
from tests.meta.world import PARAMETER, World
from tests.people import enter

PEOPLE = {
    "visitor": None,
    "sten": "",
    "vera": "Viewer",
    "olga": "Operator",
    "adam": "Admin",
    "token": "Operator",
}
# Those who may do most are those who get furthest.
WEIGHTS = (1, 1, 2, 3, 3, 2)
# Of these the test client makes its own.
NOT_THROWN = {"Cookie", "Content-Length", "Content-Type", "Transfer-Encoding"}
OTHER_METHODS = ("PUT", "HEAD", "TRACE")
# So many requests later everybody is there again, whatever the last ones did to people and sessions.
FRESH_EVERY = 40


@dataclass(frozen=True)
class Throw:
    """A request, complete."""

    number: int
    who: str
    method: str
    address: str
    headers: dict[str, str]
    cookies: dict[str, str]
    body: bytes
    content_type: str

    def __str__(self) -> str:
        parts = [f"#{self.number} {self.who}: {self.method} {self.address[:400]}"]
        parts += [f"  {name}: {value[:200]!r}" for name, value in self.headers.items()]
        parts += [f"  cookie {name}: {value[:200]!r}" for name, value in self.cookies.items()]
        if self.body:
            parts.append(f"  {self.content_type}\n  {self.body[:600]!r} ({len(self.body):,} bytes)")
        return "\n".join(parts)


@dataclass(frozen=True)
class Plan:
    """What is to be spoilt of a request; nothing given means: anything."""

    door: Door
    method: str = ""
    who: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    header: str | None = None
    body: tuple[bytes, str] | None = None

    @property
    def is_open(self) -> bool:
        """Whether chance decides what is spoilt."""
        return not (self.parameters or self.fields or self.header or self.body)


def plans_for(door: Door, random: Random) -> Iterator[Plan]:
    """Every header, parameter and field of an address spoilt by itself, and every unusable body."""
    for value in values.IN_HEADERS:
        yield Plan(door, header=value, who="visitor")
        yield Plan(door, header=value)
    for name in door.parameters:
        for value in random.sample(values.SHARP, 3):
            yield Plan(door, door.methods[0], parameters=((name, value),))
    yield Plan(door, door.methods[0], parameters=(("items", "1"), ("keys", "2")))
    if "POST" in door.methods:
        kinds = ("application/json",) if door.is_api else values.TYPES
        for body in values.BODIES:
            yield Plan(door, "POST", body=(body, random.choice(kinds)))
        for name in door.fields:
            for value in random.sample(values.SHARP_JSON, 3):
                yield Plan(door, "POST", fields={name: value})


@dataclass
class Arm:
    """Throws at every address in turn."""

    seed: int
    world: World
    clients: dict[str, Client] = field(default_factory=dict)

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of rows that are there."""
        return tuple(self.world.keys.values())

    def throws(self, count: int) -> Iterator[Throw]:
        """Each thing spoilt by itself, or as many of these as there is room for, then mixtures."""
        order = Random(self.seed)  # noqa: S311 - no secret
        plans: list[Plan] = [plan for door in doors.doors() for plan in plans_for(door, order)]
        order.shuffle(plans)
        plans = plans[: count * 4 // 5]
        plans += [Plan(order.choice(doors.doors())) for _ in range(count - len(plans))]
        for number, plan in enumerate(plans):
            yield self.throw(number, plan, Random(f"{self.seed}.{number}"))  # noqa: S311 - no secret

    def throw(self, number: int, plan: Plan, random: Random) -> Throw:
        """The request of a plan; what the plan leaves open is left to chance."""
        door, method = plan.door, plan.method or random.choice(plan.door.methods)
        body, kind = plan.body if plan.body is not None else (b"", "")
        if method == "POST" and plan.body is None:
            body, kind = self.body(door, plan.fields, random)
        return Throw(
            number,
            plan.who or random.choices(tuple(PEOPLE), WEIGHTS)[0],
            method if random.random() < 0.98 else random.choice(OTHER_METHODS),
            self.address(plan, random),
            dict(self.headers(plan, random)),
            self.cookies(random),
            body,
            kind,
        )

    def address(self, plan: Plan, random: Random) -> str:
        """The pattern filled with keys, mostly right ones, and with parameters."""

        def fill(found: Any) -> str:
            if random.random() < (0.7 if plan.is_open else 0.95):
                return self.world.key(plan.door.path, found)
            return values.text(random, self.keys)

        pairs = dict(plan.parameters)
        if plan.is_open and plan.door.parameters:
            names = random.choices(plan.door.parameters, k=random.choice((0, 1, 2, 3)))
            pairs = {name: values.text(random, self.keys) for name in names}
        query = "&".join(f"{encoded(name)}={encoded(value)}" for name, value in pairs.items())
        path = encoded("/" + PARAMETER.sub(fill, plan.door.path), safe="/")
        return f"{path}?{query}" if query else path

    def headers(self, plan: Plan, random: Random) -> Iterator[tuple[str, str]]:
        """Every header of ours spoilt, or set as a browser does; or now and then one of any kind."""
        if plan.header is not None:
            for name in doors.own_headers():
                chosen = random.choice((plan.header, plan.header, "true", None))
                if name not in NOT_THROWN and chosen is not None:
                    yield name, chosen
        elif plan.is_open and random.random() < 0.5:
            name = random.choice(doors.LIBRARY_HEADERS)
            if name not in NOT_THROWN:
                yield name, values.sendable(values.text(random, self.keys))

    def cookies(self, random: Random) -> dict[str, str]:
        """Seldom one."""
        if random.random() > 0.03:
            return {}
        return {random.choice(doors.cookies()): values.sendable(values.text(random, self.keys))}

    def body(self, door: Door, spoilt: Mapping[str, Any], random: Random) -> tuple[bytes, str]:
        """What the address takes, with something spoilt."""
        sent = {name: self.likely(name, kind) for name, kind in door.fields.items() if random.random() < 0.5}
        if not spoilt and door.fields:
            spoilt = {random.choice(tuple(door.fields)): values.value(random, self.keys)}
        sent |= spoilt
        if door.is_api:
            return json.dumps(sent).encode(), "application/json"
        pairs = [
            f"{encoded(name)}={encoded(str(one))}"
            for name, given in sent.items()
            for one in (given if isinstance(given, list) else [given])
        ]
        return "&".join(pairs).encode(), "application/x-www-form-urlencoded"

    def likely(self, name: str, kind: Any) -> Any:
        """A value that could be right."""
        known = {"ids": [self.world.keys["runs"]], "filter": {"state": ["queued"]}, "verb": "runs.cancel"}
        return known[name] if name in known else doors.likely(kind)

    def send(self, throw: Throw) -> Any:
        """The answer; raises nothing that a server would have to answer."""
        if throw.number % FRESH_EVERY == 0:
            self.refresh()
        client = self.clients[throw.who]
        for name, value in throw.cookies.items():
            client.cookies[name] = value
        about = {"content_type": throw.content_type} if throw.body or throw.content_type else {}
        answer = client.generic(
            throw.method,
            throw.address,
            throw.body,
            headers=throw.headers,
            **about,  # type: ignore[arg-type]
        )
        b"".join(answer) if answer.streaming else answer.content
        for name in throw.cookies:
            del client.cookies[name]
        return answer

    def refresh(self) -> None:
        """Everybody as they should be, with new sessions; jobs and throttles as if none had asked."""
        cache.clear()
        Job.objects.exclude(pk=self.world.keys["jobs"]).update(state="finished")
        Job.objects.filter(pk=self.world.keys["jobs"]).update(state="ready")
        Run.objects.filter(pk=self.world.keys["runs"]).update(status="queued")
        for name, role in PEOPLE.items():
            client = Client(raise_request_exception=False)
            self.clients[name] = client
            if role is not None:
                user, _ = User.objects.update_or_create(
                    username=name, defaults={"is_staff": True, "is_active": True}
                )
                user.groups.set(Group.objects.filter(name=role))
                if name == "token":
                    system = Actor(user=None, door="system")
                    _, text = actions.create(user=user, name="fuzz", days=1, actor=system, reason="")
                    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {text}"
                else:
                    enter(client, user)


def encoded(text: str, *, safe: str = "") -> str:
    """The text in an address, half characters and all."""
    return quote(text.encode("utf-8", "surrogatepass"), safe=safe)


class Log(logging.Handler):
    """The exceptions behind the API's answers: REST framework keeps them from Django."""

    def __init__(self, met: list[str]) -> None:
        super().__init__(logging.ERROR)
        self.met = met

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the exception."""
        if record.exc_info and record.exc_info[1] is not None:
            self.met.append(told(record.exc_info[1]))


def told(error: BaseException) -> str:
    """The exception and where it came from."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    places = (
        f"{frame.filename.rpartition('site-packages/')[2]}:{frame.lineno} {frame.name}" for frame in frames
    )
    return "\n    ".join([f"{type(error).__name__}: {str(error)[:300]}", *places])


@contextmanager
def exceptions() -> Iterator[list[str]]:
    """What was met meanwhile."""
    met: list[str] = []

    def note(**_: Any) -> None:
        error = sys.exc_info()[1]
        met.append(told(error) if error else "?")

    log, logger = Log(met), logging.getLogger("console.api")
    logger.addHandler(log)
    got_request_exception.connect(note)
    try:
        yield met
    finally:
        got_request_exception.disconnect(note)
        logger.removeHandler(log)


def failures(arm: Arm, count: int) -> Iterator[str]:
    """Each request that was answered with a 5xx, or with nothing at all, and what it met."""
    for throw in arm.throws(count):
        with exceptions() as met:
            try:
                status = arm.send(throw).status_code
            except Exception as error:  # noqa: BLE001 - whatever it is, a server would have answered 500
                status = 599
                met.append(told(error))
        if status >= 500:
            yield f"{status} for {throw}\n    " + "\n    ".join(met[-2:])
        if connection.vendor == "postgresql" and connection.in_atomic_block:
            raise AssertionError(f"a transaction was left open by {throw}")
