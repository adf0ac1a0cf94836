"""One request after the other, each of them told by the seed and its number."""

import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote

from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.core.signals import got_request_exception
from django.db import connection
from django.test import Client

from ops import tokens
from ops.actors import Actor
from ops.jobs.models import Job
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
        """So many requests."""
        every = doors.doors()
        for number in range(count):
            random = Random(f"{self.seed}.{number}")  # noqa: S311 - no secret
            yield self.throw(number, every[number % len(every)], random)

    def throw(self, number: int, door: Door, random: Random) -> Throw:
        """One request at this address."""
        method = random.choice(door.methods) if random.random() < 0.9 else random.choice(OTHER_METHODS)
        body, kind = self.body(door, random) if method == "POST" else (b"", "")
        return Throw(
            number,
            random.choices(tuple(PEOPLE), WEIGHTS)[0],
            method,
            self.address(door, random),
            dict(self.headers(random)),
            self.cookies(random),
            body,
            kind,
        )

    def address(self, door: Door, random: Random) -> str:
        """The pattern filled with keys, mostly right ones, and with parameters."""

        def fill(found: Any) -> str:
            if random.random() < 0.8:
                return self.world.key(door.path, found)
            return values.text(random, self.keys)

        path = "/" + PARAMETER.sub(fill, door.path)
        names = random.choices(door.parameters, k=random.choice((0, 1, 1, 2, 3))) if door.parameters else ()
        pairs = [
            f"{encoded(name, random)}={encoded(values.text(random, self.keys), random)}" for name in names
        ]
        return encoded(path, random, safe="/") + ("?" + "&".join(pairs) if pairs else "")

    def headers(self, random: Random) -> Iterator[tuple[str, str]]:
        """None, one or two."""
        for _ in range(random.choice((0, 0, 1, 2))):
            name = random.choice(doors.own_headers() if random.random() < 0.7 else doors.LIBRARY_HEADERS)
            if name not in {"Cookie", "Content-Length", "Content-Type"}:
                likely = random.choice(("true", "1", "*/*", "text/html", "localhost", "/runs?state=failed"))
                wild = values.text(random, self.keys)
                yield name, values.sendable(random.choice((likely, wild, wild, wild)))

    def cookies(self, random: Random) -> dict[str, str]:
        """Seldom one."""
        if random.random() > 0.05:
            return {}
        return {random.choice(doors.cookies()): values.sendable(values.text(random, self.keys))}

    def body(self, door: Door, random: Random) -> tuple[bytes, str]:
        """Mostly what the address takes with a field or two spoilt, else anything."""
        if random.random() < 0.15:
            kind = (
                "application/json" if door.is_api and random.random() < 0.7 else random.choice(values.TYPES)
            )
            return random.choice(values.BODIES), kind
        sent = {name: self.likely(name, kind) for name, kind in door.fields.items() if random.random() < 0.5}
        for name in random.sample(sorted(door.fields), min(len(door.fields), random.choice((0, 1, 1, 2)))):
            sent[name] = values.value(random, self.keys)
        if random.random() < 0.1:
            sent[values.text(random, self.keys)] = values.value(random, self.keys)
        if door.is_api:
            return values.as_json(sent), "application/json"
        pairs = [
            f"{encoded(name, random)}={encoded(str(one), random)}"
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
                    _, text = tokens.create(user=user, name="fuzz", days=1, actor=system, reason="")
                    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {text}"
                else:
                    enter(client, user)


def encoded(text: str, random: Random, *, safe: str = "") -> str:
    """The text in an address; half characters as a browser would never send them, now and then raw signs."""
    if random.random() < 0.05:
        return quote(text.encode("utf-8", "replace"), safe=safe + "%&=?#+;")
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
