"""Rows in the engine's own formats, collected and written in batches: memory stays flat."""

from random import Random
from typing import Any

from ops.engine.simulator.formats import SECOND, hex_id, json_text, new_id, short_time_text, time_text
from ops.engine.simulator.lives import Life, StepLife
from ops.engine.simulator.loading import Loader
from ops.engine.simulator.shop import Output

LEAN_OUTPUT = '{"ok":true}'
LEASE = 300 * SECOND


class Book:
    """Takes down events, runs and steps, and passes them on to the loader."""

    def __init__(self, loader: Loader, random: Random, *, lean: bool) -> None:
        self.loader, self.random, self.lean = loader, random, lean
        # On SQLite the database's default leaves the short form; the SDK's steps are kept only there.
        self.short = short_time_text if loader.vendor == "sqlite" else time_text
        self.keeps_sdk_steps = loader.vendor == "sqlite" and not lean
        self.events: list[tuple[Any, ...]] = []
        self.runs: list[tuple[Any, ...]] = []
        self.steps: list[tuple[Any, ...]] = []
        self.written = 0

    def event(self, name: str, at: int, payload: str, user_id: str | None, key: str | None = None) -> str:
        """One event; returns its id."""
        event_id = new_id(at, self.random)
        self.events.append((event_id, name, payload, key, time_text(at), user_id, self.short(at)))
        if len(self.events) >= self.loader.batch:
            self.flush()
        return event_id

    def run(self, life: Life, event_id: str, at: int, data: Any, payload: str, worker: str) -> str:
        """One run with its steps; returns its id."""
        run_id = new_id(at, self.random)
        running = life.status == "running"
        begun = life.attempt > 0
        ended = life.status not in {"queued", "running"}
        self.runs.append(
            (
                run_id,
                life.function.id,
                event_id,
                life.status,
                life.attempt,
                life.function.max_attempts,
                payload,
                self.output(life.function.result, data) if life.status == "completed" else None,
                life.error,
                time_text(at),
                time_text(life.started) if begun else None,
                time_text(life.ended) if ended else None,
                time_text(life.started + LEASE) if running else None,
                worker if running else None,
                None,
                time_text(life.run_after) if life.run_after else None,
            )
        )
        self.keep_steps(life, run_id, data)
        return run_id

    def keep_steps(self, life: Life, run_id: str, data: Any) -> None:
        """The steps as the function's kind of worker stores them."""
        if life.function.embedded:
            self.steps += [self.embedded_step(life, step, run_id, data) for step in life.steps]
        elif self.keeps_sdk_steps:
            done = (step for step in life.steps if step.status == "completed")
            self.steps += [self.sdk_step(life, step, run_id, data) for step in done]

    def embedded_step(self, life: Life, step: StepLife, run_id: str, data: Any) -> tuple[Any, ...]:
        """With begin, end and error."""
        plan = life.function.steps[step.place]
        output = self.output(plan.output, data) if step.status == "completed" else None
        begin = time_text(step.started)
        end = None if step.status == "running" else time_text(step.ended)
        step_id = new_id(step.started, self.random)
        return (step_id, run_id, plan.id, step.status, None, output, step.error, 0, begin, begin, end)

    def sdk_step(self, life: Life, step: StepLife, run_id: str, data: Any) -> tuple[Any, ...]:
        """Saved at its end, which is all that is known of its time."""
        plan = life.function.steps[step.place]
        output = self.output(plan.output, data)
        end = time_text(step.ended)
        created = self.short(step.ended)
        return (hex_id(self.random), run_id, plan.id, "completed", None, output, None, 0, created, end, end)

    def output(self, output: Output, data: Any) -> str:
        """What a function or step answers, as text."""
        return LEAN_OUTPUT if self.lean else json_text(output(data, self.random))

    def flush(self) -> None:
        """Write what has been collected."""
        self.loader.load(self.events, self.runs, self.steps)
        self.written += len(self.runs)
        self.events, self.runs, self.steps = [], [], []

    def close(self) -> None:
        self.flush()
        self.loader.finish()
