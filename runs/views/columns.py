"""What a list says of a run, column by column."""

from typing import Any

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ops.display.badges import badge_html
from ops.display.formatting import ago_text, duration_text, machine_text, short_text
from ops.display.html import DASH, counting
from ops.lists.columns import Toned, column
from runs.models import Run
from runs.views.rows import note_of

STATE = ("status", "locked_by", "locked_until")
AGE = '<time datetime="{}" data-time="ago">{}</time>'


class RunColumns:
    """The columns of every list of runs."""

    @column("State", width="state", reads=STATE)
    def state(self, run: Run) -> SafeString:
        """What a person sees, derived from the engine's columns."""
        return badge_html(run.state)

    @column("Function", width="name", place="main", reads=("function_id",))
    def function(self, run: Run) -> Any:
        """The row's link."""
        return run.function_id

    @column("Created", width="age", num=True, place="side", reads=("created_at",))
    def created(self, run: Run) -> SafeString:
        """The age; a script adds the exact time, which fifty times over is too much to send."""
        at = run.created_at
        return format_html(AGE, machine_text(at), ago_text(at, now=timezone.now()))

    @column("Error", width="error", place="second", reads=(*STATE, "run_after"))
    def headline(self, run: Run) -> str:
        """What is looked for first: why it failed, or what keeps it from going on."""
        return Toned(*note_of(run, run.state, timezone.now()))

    @column("Ran", width="short", num=True, since=860, reads=(*STATE, "started_at", "ended_at"))
    def ran(self, run: Run) -> Any:
        """How long, still counting while a worker has it."""
        if run.is_leased:
            return counting(run.started_at)
        return DASH if run.ran is None else duration_text(run.ran)

    @column("Event", width="text", since=1300, reads=("event__name",))
    def event_name(self, run: Run) -> str:
        """What triggered it."""
        return run.event.name if run.event else DASH

    @column("Run", width="id", since=1460, classes="mono", reads=())
    def short(self, run: Run) -> str:
        """The id, shortened."""
        return short_text(run.pk)

    @column("Attempt", width="short", num=True, since=1460, reads=("attempt", "max_attempts"))
    def attempts(self, run: Run) -> str:
        """Of how many."""
        return f"{run.attempt}/{run.max_attempts}"
