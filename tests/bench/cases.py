"""What is asked: lists by each filter and pair of filters, pages, searches, and a cancel."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from typing import cast
from urllib.parse import urlencode

from django.contrib import admin
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.utils import timezone

from ops.access.actors import Actor
from ops.access.models import User
from ops.engine.ids import first_id_at
from ops.engine.values import Payload
from ops.lists.pagination import make_cursor
from ops.operations.operation import get_operation
from runs.models import Run
from runs.ordering import run_order
from runs.views.listing import RunChangeList
from tests.bench.stopwatch import Reading, measure
from tests.factories import make_event, make_run, make_step, new_id

CANCELS = 5


@dataclass(frozen=True)
class Case:
    """One question: its group, its name, and how it is measured."""

    group: str
    name: str
    run: Callable[[], Reading]


class Cases:
    """Every question, of a database that was filled."""

    def __init__(self) -> None:
        self.client = Client()
        user = User.objects.get(username="operator")
        self.actor = Actor(user=user, door="command")
        self.client.force_login(user, backend="ops.access.rights.RightsBackend")
        self.middle = self.run_near(timedelta(days=7))

    def __iter__(self) -> Iterator[Case]:
        yield from self.lists()
        yield from self.pages()
        yield Case("cancel", "cancel of 1,000 runs, audited", self.cancel)

    def run_near(self, age: timedelta) -> Run:
        """The first run after that age."""
        return Run.objects.filter(id__gte=first_id_at(timezone.now() - age)).order_by("id")[0]

    def filters(self) -> dict[str, list[tuple[str, str]]]:
        """One value of each filter, and two values where several are usual."""
        event = str(self.middle.event_id)
        return {
            "failed": [("state", "failed")],
            "stuck": [("state", "stuck")],
            "failed or queued": [("state", "failed"), ("state", "queued")],
            "engine status": [("status", "completed")],
            "function": [("function_id", "charge-card")],
            "two functions": [("function_id", "charge-card"), ("function_id", "sync-crm")],
            "event": [("event_id", event)],
            "last 24 h": [("created_from", "24h")],
            "a day a week ago": [("created_from", "8d"), ("created_to", "7d")],
            "worker": [("worker", "image-worker-2")],
            "has error": [("has_error", "true")],
            "attempt": [("attempt", "2")],
            "id prefix": [("q", self.middle.pk[:13])],
        }

    def lists(self) -> Iterator[Case]:
        """The list's own SQL, for each filter and for each pair that doesn't give one filter twice."""
        yield Case("list", "first page", lambda: listed([]))
        yield Case("list", "deep page", lambda: listed(self.deep()))
        filters = self.filters()
        for name, pairs in filters.items():
            yield Case("filter", name, lambda pairs=pairs: listed(pairs))  # type: ignore[misc]
        for (one, some), (two, more) in combinations(filters.items(), 2):
            if not {name for name, _ in some} & {name for name, _ in more}:
                both = [*some, *more]
                yield Case("pair", f"{one} + {two}", lambda both=both: listed(both))  # type: ignore[misc]

    def deep(self) -> list[tuple[str, str]]:
        """The address of a page in the middle of all runs."""
        asked = change_list([])
        return [("cursor", make_cursor(run_order(), self.middle, "next", asked.scope))]

    def pages(self) -> Iterator[Case]:
        """Whole requests, as the operator's browser and scripts send them."""
        detail = f"/runs/{run_with_steps(50).pk}"
        prefix = urlencode({"q": self.middle.pk[:13]})
        yield Case("page", "list page, 50 rows", lambda: self.get("/runs"))
        yield Case("page", "list page, failed", lambda: self.get("/runs?state=failed"))
        yield Case("page", "list page, deep", lambda: self.get(f"/runs?{urlencode(self.deep())}"))
        yield Case("page", "run page, 50 steps", lambda: self.get(detail))
        yield Case("page", "search by id prefix", lambda: self.get(f"/runs?{prefix}"))
        yield Case("page", "overview, 24 h, nothing kept", lambda: self.get("/overview", forget=True))
        yield Case("page", "overview, 24 h, kept", lambda: self.get("/overview"))
        yield Case("page", "functions", lambda: self.get("/functions", forget=True))
        yield Case("api", "API list, 50 rows", lambda: self.get("/api/runs"))
        yield Case("api", "API run", lambda: self.get(f"/api/runs/{self.middle.pk}"))

    def get(self, path: str, *, forget: bool = False) -> Reading:
        """A page's whole request; `forget`: with empty caches each time."""

        def ask() -> None:
            status = self.client.get(path).status_code
            if status != 200:
                raise AssertionError(f"{path} answered {status}")

        return measure(ask, before=cache.clear if forget else int)

    def cancel(self) -> Reading:
        """The operation with its audit, on new queued runs each time."""
        waiting = [queued(1_000) for _ in range(CANCELS)]

        def ask() -> None:
            result = get_operation("runs.cancel")(waiting.pop(), actor=self.actor, reason="measured")
            if result.counts["done"] != 1_000:
                raise AssertionError(f"cancelled {result.counts}")

        return measure(ask, rounds=CANCELS - 3)


def listed(pairs: list[tuple[str, str]]) -> Reading:
    """The queries of one page of the list."""

    def ask() -> None:
        asked = change_list(pairs)
        if not asked.is_valid:
            raise AssertionError(f"{pairs}: {asked.faults}")

    return measure(ask)


def change_list(pairs: list[tuple[str, str]]) -> RunChangeList:
    """One request for the list; nothing is read yet."""
    request = RequestFactory().get(f"/runs?{urlencode(pairs)}")
    request.user = User(is_superuser=True)  # whose permissions cost no query
    return cast(RunChangeList, admin.site.get_model_admin(Run).get_changelist_instance(request))


def run_with_steps(count: int) -> Run:
    """A completed run with steps of a few kilobytes each."""
    run = make_run(status="completed")
    for number in range(count):
        at = run.created_at + timedelta(milliseconds=40 * number)
        output = Payload.of({"rows": [{"sku": f"A-{n}", "amount": n} for n in range(80)]})
        make_step(
            run, f"step-{number:02}", output=output, started_at=at, ended_at=at + timedelta(milliseconds=35)
        )
    return run


def queued(count: int, *, at: datetime | None = None) -> list[str]:
    """Queued runs of one event, new unless a moment is given."""
    now = at or timezone.now()
    event = make_event(timestamp=now)
    columns = {"function_id": "charge-card", "status": "queued", "input": Payload("{}"), "created_at": now}
    rows = [Run(id=new_id(now), event=event, attempt=0, max_attempts=3, **columns) for _ in range(count)]
    return [run.pk for run in Run.objects.bulk_create(rows)]
