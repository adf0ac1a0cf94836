"""What a person should know before replaying."""

from collections.abc import Iterator, Sequence

from django.db import connection
from django.db.models import Exists, OuterRef

from ops.engine.ids import stored_forms
from runs.models import Run, Step
from runs.replays import Replay
from runs.states import Status

# functions is another app's table, above this one; the engine's own, so its name may be used.
UNREGISTERED = "SELECT id FROM functions"


def warnings(ids: Sequence[str]) -> Iterator[str]:
    """Sentences about the runs, each with how many it is true of."""
    forms = list(stored_forms(ids).values())
    runs = Run.objects.filter(pk__in=forms)
    total = runs.count()
    known = registered()
    unknown = runs.exclude(function_id__in=known).values_list("function_id", flat=True)
    names = sorted(set(unknown))
    later = Run.objects.filter(
        event_id=OuterRef("event_id"),
        function_id=OuterRef("function_id"),
        status=Status.COMPLETED,
        created_at__gt=OuterRef("created_at"),
    )
    steps = Step.objects.filter(run_id=OuterRef("pk"))
    replayed = Replay.objects.made_from(forms).values("origin").distinct().count()
    known_as = f"a function that is not registered ({', '.join(names[:3])}): perhaps no worker knows it"
    for count, many, one in (
        (len(unknown), f"name {known_as}", f"It names {known_as}"),
        (runs.open().count(), "are still open: both may run", "It is still open: both may run"),
        (replayed, "have been replayed before", f"It has been replayed before{newest_replay(forms)}"),
        (
            runs.filter(Exists(later)).count(),
            "were recovered by a later run that completed",
            "A later run of the same event has completed",
        ),
        (
            runs.filter(~Exists(steps)).count(),
            "have no stored steps, so all their steps run again",
            "It has no stored steps, so every step runs again",
        ),
    ):
        if count:
            yield f"{one}." if total == 1 else f"{count:,} of {total:,} {many}."


def newest_replay(ids: Sequence[str]) -> str:
    """Which run replayed the only one of the ids most recently, and its state; empty if none did."""
    link = Replay.objects.made_from(ids).order_by("-created_at", "-pk").first() if len(ids) == 1 else None
    if link is None:
        return ""
    run = Run.objects.for_list().filter(pk=link.run).first()
    return f", most recently as run {link.run} ({run.state if run else 'no longer there'})"


def registered() -> list[str]:
    """The ids of all registered functions."""
    with connection.cursor() as cursor:
        cursor.execute(UNREGISTERED)
        return [name for (name,) in cursor.fetchall()]
