"""Why a run failed: the line that says it, the step, the whole text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from runs.headline import cut, headline
from runs.models import Run, Step
from runs.states import Status

TITLE = 300
IN_PAGE = 20_000
# Of the text around the title, in a small place.
BEFORE, AFTER = 200, 400
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

    @property
    def excerpt(self) -> str:
        """The text around the title; empty if there is no more than that."""
        at = max(0, self.text.find(self.title))
        begin, end = max(0, at - BEFORE), at + len(self.title) + AFTER
        part = self.text[begin:end].strip()
        if part == self.title:
            return ""
        return f"{'…' if begin else ''}{part}{'…' if end < len(self.text) else ''}"


def failure_of(run: Run, steps: Sequence[Step]) -> Failure | None:
    """What went wrong, if anything did."""
    if run.error is None and run.status != Status.FAILED:
        return None
    error = run.error or ""
    step = failed_step(error, steps)
    saved = [step.step_id for step in steps if step.status == Status.COMPLETED]
    return Failure(
        title=cut(headline(error), TITLE) or "It failed without an error message",
        text=both_ends(error),
        lines=len(error.splitlines()),
        is_past=run.status != Status.FAILED,
        step=step,
        after=saved[-1] if saved and not step else "",
        cut=len(error) > IN_PAGE,
    )


def both_ends(error: str) -> str:
    """The error, or if it is long its beginning and its end: a traceback tells at its end."""
    if len(error) <= IN_PAGE:
        return error
    half = IN_PAGE // 2
    return f"{error[:half]}\n\n… {len(error) - IN_PAGE:,} characters are not shown here …\n\n{error[-half:]}"


def failed_step(error: str, steps: Sequence[Step]) -> str:
    """The id of the step that failed: its row says so, else the error's text."""
    failed = [step.step_id for step in steps if step.status == Status.FAILED]
    if failed:
        return str(failed[-1])
    named = NAMED.match(error)
    return str(named["step"]) if named else ""
