"""A run as a row of a list: what it says beside its columns."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ops.display.formatting import ago_text, duration_text, machine_text, short_text
from ops.engine.statuses import HOLDER
from runs.headline import brief
from runs.models import Run
from runs.states import State

ERROR_LENGTH = 100
AGE = '<time datetime="{}" data-time="ago">{}</time>'


@dataclass(frozen=True)
class Row:
    """One run; `note` is what is looked for first, in the colour of `look`."""

    run: Run
    state: str
    note: str
    look: str

    @property
    def short(self) -> str:
        """The id, shortened."""
        return short_text(self.run.pk)

    @property
    def mark(self) -> str:
        """The element's id, which keeps the focus over a refresh: the random end of the run's id."""
        return f"r{self.run.pk[-12:]}"

    @property
    def created(self) -> SafeString:
        """The age; a script adds the exact time, which fifty times over is too much to send."""
        at = self.run.created_at
        return format_html(AGE, machine_text(at), ago_text(at, now=timezone.now()))

    @property
    def event(self) -> str:
        """The event's name."""
        return self.run.event.name if self.run.event else "–"

    @property
    def counts_up(self) -> bool:
        """Whether its running time still grows."""
        return self.state in {State.RUNNING, State.STUCK} and self.run.started_at is not None

    @property
    def ran(self) -> str:
        """How long it ran, in words."""
        return "–" if self.run.ran is None else duration_text(self.run.ran)


def rows_of(runs: Iterable[Run]) -> list[Row]:
    """The rows, as things stand now."""
    now = timezone.now()
    return [row_of(run, now) for run in runs]


def row_of(run: Run, now: datetime) -> Row:
    """One row."""
    state = run.state
    note, look = note_of(run, state, now)
    return Row(run, state, note, look)


def worker_of(run: Run) -> str:
    """Who has the run now; the console itself is no worker."""
    return "no worker" if run.locked_by in {None, HOLDER} else str(run.locked_by)


def note_of(run: Run, state: str, now: datetime) -> tuple[str, str]:
    """The error if it failed, else what keeps it from going on, else what went wrong before."""
    error = brief(run.headline, ERROR_LENGTH)
    if state == State.FAILED:
        return error, "bad"
    if state == State.STUCK and run.locked_until is not None:
        return f"lease ran out {ago_text(run.locked_until, now=now)} · {worker_of(run)}", "warn"
    if state == State.QUEUED and run.run_after is not None and run.run_after > now:
        return f"due {ago_text(run.run_after, now=now)}", "dim"
    now_on = [f"on {worker_of(run)}"] if state == State.RUNNING else []
    before = [f"earlier: {error}"] if error else []
    return " · ".join([*now_on, *before]), "dim"
