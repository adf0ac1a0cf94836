"""The overview's figures of now and of the last day, each with the list that explains it."""

from datetime import datetime, timedelta

from ops.display.formatting import duration_text
from ops.health.measurements import LATE_AFTER
from ops.lists.pagination import COUNT_CAP
from runs.links import runs_link
from runs.stats.kpis import Tile, counted, plural, share
from runs.stats.live import Day, Live, Worker

MUCH_MORE = 2  # times the day before
FEWEST = 5
TIMES = "\N{MULTIPLICATION SIGN}"


def tiles(live: Live, day: Day) -> list[Tile]:
    """All six, in the order of the page."""
    return [queued(live), running(live), failed(day), completed(day), oldest(live), stuck(live)]


def queued(live: Live) -> Tile:
    """What waits for a worker; held runs are named beside it."""
    waiting = f"oldest {duration_text(waited(live))}" if live.oldest else "none is due" if live.queued else ""
    held = f"{counted(live.held)} held" if live.held else ""
    note = " · ".join(filter(None, (waiting, held))) or "nothing waits"
    return Tile("Queued now", counted(live.queued), note, runs_link(state="queued"), late(live))


def running(live: Live) -> Tile:
    """What workers are at."""
    workers = sum(1 for worker in live.workers if worker.runs > worker.stuck)
    note = plural(workers, "worker") if live.running else "no worker is active"
    return Tile("Running now", counted(live.running), note, runs_link(state="running"))


def failed(day: Day) -> Tile:
    """Failures of the last day beside those of the day before."""
    much = day.failed >= max(FEWEST, MUCH_MORE * day.failed_before)
    link = runs_link(state="failed", created_from="24h")
    return Tile(
        "Failed, created in 24 h", counted_day(day.failed, day), comparison(day), link, "bad" if much else ""
    )


def completed(day: Day) -> Tile:
    """Successes of the last day."""
    note = "none finished" if not day.completed + day.failed else "more than are counted"
    if day.success is not None:
        note = f"{share(day.success)} of finished"
    link = runs_link(state="completed", created_from="24h")
    return Tile("Completed, created in 24 h", counted_day(day.completed, day), note, link)


def oldest(live: Live) -> Tile:
    """How long the first of the queue has been waiting."""
    link = runs_link(state="queued", order="oldest")
    if live.oldest is None:
        return Tile("Oldest waiting now", "–", "no run is due", link)
    note = live.oldest.function_id + (", waits for a retry" if live.oldest.attempt else "")
    return Tile("Oldest waiting now", duration_text(waited(live)), note, link, late(live))


def stuck(live: Live) -> Tile:
    """Running runs whose lease has run out."""
    link = runs_link(state="stuck")
    if not live.stuck:
        return Tile("Stuck now", "0", "every lease is good", link)
    return Tile("Stuck now", counted(live.stuck), names(live.lost), link, "warn")


def names(workers: list[Worker]) -> str:
    """`worker-7`, or how many."""
    if len(workers) == 1:
        return f"on {workers[0].name or 'no named worker'}"
    return f"on {plural(len(workers), 'worker')}"


def waited(live: Live) -> timedelta:
    """Since when the oldest waiting run could have been leased."""
    begin: datetime = live.oldest.since if live.oldest else live.measured_at
    return timedelta(seconds=max(0, round((live.measured_at - begin).total_seconds())))


def late(live: Live) -> str:
    """Whether the queue is slower than the health check allows."""
    return "warn" if live.oldest and waited(live) > LATE_AFTER else ""


def comparison(day: Day) -> str:
    """How the failures compare with those of the day before."""
    now, before = day.failed, day.failed_before
    if before > COUNT_CAP or (now > COUNT_CAP and not day.is_exact):
        return f"the day before {counted(before)}"
    if not before:
        return "none the day before"
    if now == before:
        return "as many as the day before"
    if now >= MUCH_MORE * before:
        return f"▲ {now / before:.0f} {TIMES} the day before"
    return f"{'▲' if now > before else '▼'} {abs(now - before) / before * 100:.0f} % on the day before"


def counted_day(count: int, day: Day) -> str:
    """Exact where the day was read whole."""
    return f"{count:,}" if day.is_exact else counted(count)
