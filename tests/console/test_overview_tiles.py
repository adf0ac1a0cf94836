"""The words beside the overview's figures: honest about what isn't known."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from console.overview_tiles import tiles
from runs.stats.kpis import Tile, share
from runs.stats.live import Day, Live, Waiting, Worker

NOW = datetime(2026, 2, 22, 14, tzinfo=UTC)
QUIET = Day(failed=0, completed=0, failed_before=0, is_exact=True)


def idle(**changes: Any) -> Live:
    nothing: dict[str, Any] = {
        "queued": 0,
        "held": 0,
        "running": 0,
        "stuck": 0,
        "oldest": None,
        "workers": (),
    }
    return Live(**(nothing | {"measured_at": NOW} | changes))


def tile(label: str, live: Live | None = None, day: Day = QUIET) -> Tile:
    return next(one for one in tiles(live or idle(), day) if one.label == label)


def waiting(minutes: float, attempt: int = 0) -> Waiting:
    return Waiting("charge-card", NOW - timedelta(minutes=minutes), attempt)


def test_nothing_to_do_is_calm() -> None:
    assert [one.look for one in tiles(idle(), QUIET)] == [""] * 6
    assert tile("Queued now").note == "nothing waits"
    assert tile("Oldest waiting now").value == "–"


@pytest.mark.parametrize(("minutes", "look"), [(4, ""), (16, "warn")])
def test_a_late_queue_is_marked(minutes: float, look: str) -> None:
    live = idle(queued=3, oldest=waiting(minutes))
    assert (tile("Queued now", live).look, tile("Oldest waiting now", live).look) == (look, look)
    assert tile("Queued now", live).note == f"oldest {minutes} m 00 s"


def test_runs_that_are_not_due_or_held_are_told_apart() -> None:
    assert tile("Queued now", idle(queued=3)).note == "none is due"
    assert (
        tile("Queued now", idle(queued=1, held=12_000, oldest=waiting(1))).note
        == "oldest 1 m 00 s · 10,000+ held"
    )
    assert tile("Oldest waiting now", idle(queued=1, oldest=waiting(1, attempt=2))).note == (
        "charge-card, waits for a retry"
    )


def test_counts_that_stopped_say_so() -> None:
    assert tile("Queued now", idle(queued=10_001)).value == "10,000+"


def test_stuck_runs_name_their_worker() -> None:
    one = Worker("worker-7", 2, 2, NOW)
    assert tile("Stuck now", idle(stuck=2, workers=(one,))).note == "on worker-7"
    assert tile("Stuck now", idle(stuck=2, workers=(one, Worker("", 1, 1, None)))).note == "on 2 workers"
    assert tile("Stuck now", idle(stuck=1, workers=(Worker("", 1, 1, None),))).note == "on no named worker"


@pytest.mark.parametrize(
    ("failed", "before", "note", "look"),
    [
        (212, 24, "▲ 9 \N{MULTIPLICATION SIGN} the day before", "bad"),
        (12, 10, "▲ 20 % on the day before", ""),
        (5, 10, "▼ 50 % on the day before", ""),
        (10, 10, "as many as the day before", ""),
        (4, 0, "none the day before", ""),
        (5, 0, "none the day before", "bad"),
        (3, 1, "▲ 3 \N{MULTIPLICATION SIGN} the day before", ""),
        (20_000, 10_001, "the day before 10,000+", ""),
    ],
)
def test_failures_are_compared_with_the_day_before(failed: int, before: int, note: str, look: str) -> None:
    shown = tile("Failed, created in 24 h", day=Day(failed, 0, before, is_exact=True))
    assert (shown.value, shown.note) == (f"{failed:,}", note)
    assert shown.look == look


def test_a_day_that_was_not_read_whole_claims_no_share() -> None:
    capped = Day(10_001, 10_001, 9_000, is_exact=False)
    assert tile("Completed, created in 24 h", day=capped).value == "10,000+"
    assert tile("Completed, created in 24 h", day=capped).note == "more than are counted"
    assert tile("Failed, created in 24 h", day=capped).note == "the day before 9,000"
    assert tile("Completed, created in 24 h", day=Day(4, 996, 0, is_exact=True)).note == "99.6 % of finished"


@pytest.mark.parametrize(
    ("part", "text"), [(0, "0 %"), (1, "100 %"), (0.99999, "99.9 %"), (0.00001, "0.1 %"), (0.5, "50 %")]
)
def test_a_share_is_nothing_or_all_only_when_it_is(part: float, text: str) -> None:
    assert share(part) == text
