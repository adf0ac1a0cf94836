"""All that the page of one run shows, asked of the database in a fixed number of queries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.utils import timezone

from events.models import Event
from ops.access.roles import who_may
from ops.display.json_tree import IN_PAGE
from ops.engine import extensions
from ops.engine.excerpts import Excerpt, Stored, excerpts
from ops.engine.values import Payload, Timestamp
from ops.lists.pagination import capped_count
from ops.operations.operation import Operation
from ops.operations.views import verbs_of
from ops.platform.caching import kept
from runs.failure import Failure, failure_of
from runs.models import Run, Step
from runs.replays import Replay
from runs.states import State
from runs.stats.statistics import AGE
from runs.views.remarks import Note, notes_of
from runs.views.rows import Row, rows_of
from runs.views.waterfall import Waterfall, waterfall_of

STEPS = 200
RELATED = 20
REPLAYS = 50
PAYLOADS = "events.view_payload"
COLUMNS = (
    *("id", "function_id", "event_id", "status", "attempt", "max_attempts", "error", "created_at"),
    *("started_at", "ended_at", "locked_until", "locked_by", "concurrency_key", "run_after"),
)


@dataclass
class RunDetail:
    """One run for one person; reads each thing when it is first asked for."""

    run: Run
    user: Any
    wanted_step: str = ""

    @property
    def may_see_payloads(self) -> bool:
        """Whether event, input and outputs may be shown."""
        return bool(self.user.has_perm(PAYLOADS))

    @property
    def payload_words(self) -> str:
        """Who may see them, for people who may not."""
        return who_may(PAYLOADS)

    @cached_property
    def steps(self) -> list[Step]:
        """The first steps, without payloads."""
        return list(Step.objects.of_run(self.run.pk)[: STEPS + 1])

    @property
    def last_step(self) -> Step:
        """The step that began last."""
        return self.steps[-1]

    @property
    def drawn(self) -> int:
        """How many steps are drawn."""
        return min(len(self.steps), STEPS)

    @property
    def no_steps(self) -> str:
        """Why there are none."""
        if self.run.started_at is None:
            return "No worker has started it, so there are no steps yet."
        if connection.vendor == "postgresql":
            return "On PostgreSQL this engine stores no steps of SDK workers, only those of Rust workers."
        return "It stored no steps: its function has none, or none has completed."

    @cached_property
    def links(self) -> dict[str, str]:
        """Addresses of whole values, and of runs that failed alike."""
        here = self.run.get_absolute_url()
        step = urlencode({"step": self.step.step_id}) if self.step else ""
        values = {name: f"{here}/values/{name}" for name in ("event", "input", "output", "error")}
        steps = {f"step_{name}": f"{here}/values/step-{name}?{step}" for name in ("input", "output")}
        alike = {"state": "failed", "function_id": self.run.function_id, "created_from": "24h"}
        return values | steps | {"alike": f"/runs?{urlencode(alike)}"}

    @property
    def has_more_steps(self) -> bool:
        """Whether there are more than are drawn."""
        return len(self.steps) > STEPS

    @cached_property
    def waterfall(self) -> Waterfall:
        """The drawing."""
        return waterfall_of(self.run, self.steps[:STEPS], now=timezone.now())

    @cached_property
    def failure(self) -> Failure | None:
        """Why it failed."""
        return failure_of(self.run, self.steps)

    @cached_property
    def step(self) -> Step | None:
        """The step in the panel: the one asked for, else the one to look at first."""
        wanted = self.wanted_step or self.first_choice
        if not wanted:
            return None
        drawn = next((step for step in self.steps if step.step_id == wanted), None)
        return drawn or Step.objects.of_run(self.run.pk).filter(step_id=wanted).first()

    @cached_property
    def step_values(self) -> Mapping[str, Excerpt | None]:
        """Error of the step in the panel, and its input and output for those who may see them."""
        if self.step is None:
            return {}
        columns = ("error", "input", "output") if self.may_see_payloads else ("error",)
        return excerpts(Step, self.step.pk, columns, IN_PAGE)

    @property
    def first_choice(self) -> str:
        """The step that the error names, else the failed one, else the one that runs, else the last."""
        if not self.steps:
            return ""
        named = self.failure.step if self.failure else ""
        if any(step.step_id == named for step in self.steps):
            return named
        ranks = {"failed": 2, "running": 1}
        best = max(enumerate(self.steps), key=lambda pair: (ranks.get(pair[1].status, 0), pair[0]))
        return str(best[1].step_id)

    @property
    def alike(self) -> int:
        """How many runs of its function failed in the last day, counted up to 10,000."""
        name, since = self.run.function_id, timezone.now() - timedelta(hours=24)
        failed = Run.objects.filter(function_id=name).created_between(since, None).in_state(State.FAILED)
        return kept("alike", name, read=lambda: capped_count([failed]), seconds=AGE)

    @cached_property
    def notes(self) -> list[Note]:
        """What has to be said."""
        guarded = extensions.recent()["guard"].is_current
        return list(notes_of(self.run, now=timezone.now(), guarded=guarded))

    @cached_property
    def related(self) -> list[Row]:
        """The other runs of the event."""
        others = Run.objects.of_event(self.run.event_id).exclude(pk=self.run.pk)
        return rows_of(others.for_list()[:RELATED])

    @cached_property
    def family(self) -> list[Replay]:
        """The replay that made this run, and those made from it."""
        return list(Replay.objects.around(self.run.pk)[:REPLAYS])

    @cached_property
    def relatives(self) -> dict[str, str]:
        """Run → state now, of the runs that are named as its origin or its replays."""
        ids = {pk for one in self.family for pk in (one.run, one.origin)} - {self.run.pk}
        found = Run.objects.filter(pk__in=ids).only("status", "locked_by", "locked_until") if ids else ()
        return {run.pk: run.state for run in found}

    @property
    def replay_of(self) -> Replay | None:
        """What this run is a replay of."""
        return next((one for one in self.family if one.run == self.run.pk), None)

    @property
    def replays(self) -> list[Replay]:
        """The runs made from this one, oldest first."""
        return [one for one in self.family if one.origin == self.run.pk]

    @cached_property
    def verbs(self) -> list[Operation]:
        """What the person may do with it now."""
        return verbs_of(self.run, self.user)

    @cached_property
    def values(self) -> Mapping[str, Excerpt | None]:
        """The beginnings of event, input and output, for those who may see them."""
        if not self.may_see_payloads:
            return {}
        event = excerpts(Event, self.run.event_id, ["data"], IN_PAGE)
        return {"event": event.get("data")} | excerpts(Run, self.run.pk, ("input", "output"), IN_PAGE)

    @property
    def input_is_event(self) -> bool:
        """Whether the input is what the event brought; then it needn't be shown twice."""
        event = self.values["event"]
        return event is not None and event.is_whole and event == self.values["input"]

    @property
    def raw(self) -> Payload:
        """The engine's row, without the payloads that are shown on their own."""
        return Payload.of({name: spelt(getattr(self.run, name)) for name in COLUMNS})


def spelt(value: Any) -> Any:
    """A column's value as the engine's own API spells it."""
    return Timestamp.text_of(value) if isinstance(value, Timestamp) else value


def stored_values(run: Run) -> Mapping[str, Stored]:
    """The values by the name that their address gives them."""
    own = {name: Stored(Run, run.pk, name) for name in ("input", "output", "error")}
    return {"event": Stored(Event, run.event_id, "data")} | own
