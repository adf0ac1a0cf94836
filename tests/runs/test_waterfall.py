"""The waterfall draws what the rows tell, and says where they don't."""

from datetime import UTC, datetime, timedelta
from typing import Any

from runs.models import Run, Step
from runs.views.waterfall import Line, Waterfall, waterfall_of

CREATED = datetime(2026, 2, 22, 14, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return CREATED + timedelta(seconds=seconds)


def run_of(status: str = "completed", **columns: Any) -> Run:
    """Waited 1 s, ran 4 s, unless said otherwise."""
    values = {"attempt": 1, "max_attempts": 3, "created_at": CREATED, "started_at": at(1), "ended_at": at(5)}
    return Run(id="x", function_id="charge-card", status=status, **(values | columns))


def step_of(name: str, start: float | None, end: float | None, status: str = "completed") -> Step:
    """A step between two seconds."""
    begin, ended = (None if moment is None else at(moment) for moment in (start, end))
    return Step(step_id=name, status=status, created_at=CREATED, started_at=begin, ended_at=ended)


def drawn(run: Run, *steps: Step, now: float = 10) -> Waterfall:
    return waterfall_of(run, steps, now=at(now))


def line(waterfall: Waterfall, label: str) -> Line:
    return next(line for line in waterfall.lines if line.stretch.label == label)


def test_waiting_and_the_attempt_share_one_axis() -> None:
    waterfall = drawn(run_of())
    waiting, attempt = waterfall.lines
    assert (waiting.x, waiting.width, waiting.took_text) == ("0.00%", "20.00%", "1.0 s")
    assert (attempt.stretch.label, attempt.x, attempt.width) == ("attempt 1", "20.00%", "80.00%")
    assert waterfall.ticks == ["0", "1.0 s", "2.0 s", "3.0 s", "4.0 s", "5.0 s"]
    assert waterfall.total == timedelta(seconds=5)


def test_a_step_with_its_own_begin_is_drawn_from_there() -> None:
    charge = line(drawn(run_of(), step_of("charge", 2, 4)), "charge")
    assert (charge.x, charge.width, charge.took_text) == ("40.00%", "40.00%", "2.0 s")
    assert not charge.stretch.vague


def test_a_step_of_which_only_the_saving_is_kept_is_drawn_from_the_end_of_the_one_before() -> None:
    waterfall = drawn(run_of(), step_of("second", 4, 4), step_of("first", 2, 2))
    assert [one.stretch.label for one in waterfall.lines[2:]] == ["first", "second"]
    first, second = waterfall.lines[2:]
    assert (first.x, first.width, first.took_text) == ("20.00%", "20.00%", "≤ 1.0 s")
    assert (second.x, second.width, second.took_text) == ("40.00%", "40.00%", "≤ 2.0 s")
    assert "bar-vague" in second.looks
    assert waterfall.has_vague_steps


def test_a_running_step_goes_on_to_now() -> None:
    run = run_of("running", ended_at=None, locked_by="w", locked_until=datetime(8999, 1, 1, tzinfo=UTC))
    load = line(drawn(run, step_of("load", 2, None, "running")), "load")
    assert (load.x, load.width) == ("20.00%", "80.00%")
    assert "bar-moving" in load.looks


def test_a_stuck_run_shows_when_the_lease_ran_out() -> None:
    run = run_of("running", ended_at=None, locked_by="w", locked_until=at(4))
    waterfall = drawn(run, step_of("load", 2, None, "running"))
    lost = line(waterfall, "lease run out")
    assert (lost.x, lost.width) == ("40.00%", "60.00%")
    load = line(waterfall, "load")
    assert (load.x, load.width, load.stretch.note) == ("20.00%", "20.00%", "its worker let the lease run out")


def test_a_step_that_the_end_of_its_run_cut_off_says_so() -> None:
    load = line(drawn(run_of("cancelled"), step_of("load", 2, None, "running")), "load")
    assert (load.x, load.width, load.stretch.note) == ("40.00%", "60.00%", "its end was never stored")


def test_steps_without_times_have_words_instead_of_a_bar() -> None:
    waterfall = drawn(run_of(), step_of("later", None, None, "pending"), step_of("odd", None, None))
    notes = {one.stretch.label: (one.width, one.stretch.note) for one in waterfall.lines[2:]}
    assert notes == {"later": ("", "not run"), "odd": ("", "no times are stored")}


def test_a_wait_that_would_dwarf_everything_is_drawn_short_and_says_so() -> None:
    run = run_of(created_at=at(-86_399), started_at=at(1), ended_at=at(5))
    waterfall = drawn(run)
    assert waterfall.scale.torn == timedelta(days=1)
    assert (waterfall.lines[0].x, waterfall.lines[0].width) == ("0.00%", "20.00%")
    assert waterfall.ticks == ["-1 d 00 h", "0", "1.0 s", "2.0 s", "3.0 s", "4.0 s"]
    assert waterfall.total == timedelta(days=1, seconds=4)


def test_several_attempts_are_one_bar_because_their_times_are_lost() -> None:
    attempts = line(drawn(run_of("failed", attempt=3)), "attempts 1 to 3")
    assert attempts.stretch.note == "The engine keeps no times for individual attempts."


def test_a_retried_run_waits_again() -> None:
    waterfall = drawn(run_of("queued", ended_at=None))
    assert waterfall.lines[1].stretch.label == "attempt 1, waiting again"


def test_a_run_that_no_worker_took_only_waits() -> None:
    waiting = drawn(run_of("queued", attempt=0, started_at=None, ended_at=None)).lines
    assert [(one.stretch.label, one.took_text) for one in waiting] == [("waiting", "10.0 s")]
    cancelled = drawn(run_of("cancelled", attempt=0, started_at=None)).lines
    assert [(one.stretch.label, one.took_text) for one in cancelled] == [("waiting", "5.0 s")]
    held = run_of("running", attempt=0, started_at=None, ended_at=None, locked_by="console:hold")
    assert [one.stretch.label for one in drawn(held).lines] == ["held"]


def test_an_end_before_the_start_has_no_bar() -> None:
    backwards = drawn(run_of(ended_at=at(0.5)), step_of("odd", 4, 2)).lines
    assert [one.width for one in backwards[1:]] == ["", ""]


def test_bars_stay_within_the_track_and_can_be_seen() -> None:
    for one in drawn(run_of(), step_of("early", -50, -49), step_of("short", 4.9999, 5)).lines:
        x, width = float(one.x[:-1]), float(one.width[:-1])
        assert x >= 0
        assert width >= 0.5
        assert x + width <= 100.01
