"""Why a run failed: the error's first line, the step, the whole text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from runs.models import Run, Step
from runs.rows import first_line
from runs.states import Status

IN_PAGE = 20_000
# The SDK's wording when a step raises.
NAMED = re.compile(r"\s*Step (?P<step>.{1,255}?) failed: ")


@dataclass(frozen=True)
class Failure:
    """The error of a run. `is_past`: of an earlier attempt, the run itself did not fail."""

    title: str
    text: str
    lines: int
    is_past: bool
    step: str = ""
    after: str = ""
    cut: bool = False


def failure_of(run: Run, steps: Sequence[Step]) -> Failure | None:
    """What went wrong, if anything did."""
    if run.error is None and run.status != Status.FAILED:
        return None
    error = run.error or ""
    step = failed_step(error, steps)
    saved = [step.step_id for step in steps if step.status == Status.COMPLETED]
    return Failure(
        title=first_line(error) or "It failed without saying why",
        text=error[:IN_PAGE],
        lines=len(error.splitlines()),
        is_past=run.status != Status.FAILED,
        step=step,
        after=saved[-1] if saved and not step else "",
        cut=len(error) > IN_PAGE,
    )


def failed_step(error: str, steps: Sequence[Step]) -> str:
    """The id of the step that failed: its row says so, else the error's text."""
    failed = [step.step_id for step in steps if step.status == Status.FAILED]
    if failed:
        return str(failed[-1])
    named = NAMED.match(error)
    return str(named["step"]) if named else ""
