"""The figures at the head of a function's page."""

from collections.abc import Mapping
from datetime import datetime

from django.utils import timezone

from ops.display.formatting import ago_text
from runs.links import runs_link
from runs.stats.failure_tint import look_of
from runs.stats.kpis import Tile, counted, share
from runs.stats.statistics import Frame


def tiles(name: str, frame: Frame, length: str, now: Mapping[str, int], last: datetime | None) -> list[Tile]:
    """What is going on, what became of its runs, and when the last one came."""
    return [
        queued(name, now),
        running(name, now),
        runs(name, frame, length),
        failed(name, frame, length),
        newest(last),
    ]


def queued(name: str, now: Mapping[str, int]) -> Tile:
    """Runs that wait."""
    note = f"and {counted(now['held'])} held" if now["held"] else ""
    return Tile("Queued now", counted(now["queued"]), note, runs_link(function_id=name, state="queued"))


def running(name: str, now: Mapping[str, int]) -> Tile:
    """Runs that a worker has; stuck ones are named beside them."""
    if not now["stuck"]:
        return Tile("Running now", counted(now["running"]), "", runs_link(function_id=name, state="running"))
    link = runs_link(function_id=name, state="stuck")
    return Tile("Stuck now", counted(now["stuck"]), f"beside {counted(now['running'])} running", link, "warn")


def runs(name: str, frame: Frame, length: str) -> Tile:
    """All runs of the frame."""
    return Tile(
        f"Runs, created in {length}",
        f"{frame.total():,}",
        "in every state",
        runs_link(frame.span, function_id=name),
    )


def failed(name: str, frame: Frame, length: str) -> Tile:
    """Failures of the frame, and their share."""
    rate = next((one.rate for one in frame.functions()), None)
    note = "nothing finished" if rate is None else f"{share(rate)} of finished"
    count = frame.total("failed")
    link = runs_link(frame.span, function_id=name, state="failed")
    return Tile(f"Failed, created in {length}", f"{count:,}", note, link, look_of(rate))


def newest(last: datetime | None) -> Tile:
    """When the newest run was created; unknown is not never."""
    if last is None:
        return Tile("Last run", "–", "not among the newest runs", "")
    return Tile("Last run", ago_text(last, now=timezone.now()), "created", "")
