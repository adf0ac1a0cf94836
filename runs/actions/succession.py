"""Which runs are no longer as a job left them: its undo, or its retry, leaves these alone and says why.

Without the guard a worker may complete a cancelled run or put it back into the queue, and a run that has been
replayed since must not be replayed once more.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ops.audit.log import Change
from ops.lists.pagination import text_of
from runs.models import Run
from runs.replays import Replay
from runs.states import State, Status

BUSY = "The engine is changing it right now. Try again."
TAKEN = "A worker has taken it."
CANCELLED_ANEW = "It was cancelled again since, by another cancel."
REPLAYED = "It has been replayed since."
COLUMNS = ("id", "status", "attempt", "started_at", "ended_at")
STATUS_OF = {State.HELD: Status.RUNNING, State.STUCK: Status.RUNNING}


def cancelled_no_longer(
    expected: Mapping[str, str], /, *, since: datetime | None, lock: bool
) -> dict[str, Change]:
    """For the undo of a cancel, which left the runs with the end that is expected."""
    rows = rows_of(expected, lock=lock)
    made = Replay.objects.made_from(expected).order_by("created_at")
    replays = dict(made.values_list("origin", "created_at"))
    found = {pk: why_not_cancelled(row, expected[pk], replays.get(pk)) for pk, row in rows.items()}
    return skipped(found) | (busy(expected.keys() - rows.keys()) if lock else {})


def why_not_cancelled(row: Mapping[str, Any], ended_at: str, replayed_at: datetime | None) -> str:
    """Empty while it is as the cancel left it; a cancel of an earlier version left no end to compare."""
    if row["status"] != Status.CANCELLED:
        return f"No longer cancelled: it is {row['status']} now."
    if ended_at and (row["ended_at"] is None or text_of(row["ended_at"]) != ended_at):
        return CANCELLED_ANEW
    return REPLAYED if replayed_at and (row["ended_at"] is None or replayed_at >= row["ended_at"]) else ""


def taken_since(expected: Mapping[str, str], /, *, since: datetime | None, lock: bool) -> dict[str, Change]:
    """For the undo of a replay: those that a worker has had, even if they are back in the queue."""
    rows = rows_of(expected, lock=lock)
    return skipped({pk: TAKEN for pk, row in rows.items() if was_taken(row)})


def was_taken(row: Mapping[str, Any]) -> bool:
    """Whether a worker has leased it and it hasn't ended; the console, which holds runs, leaves no trace."""
    return bool(row["attempt"] or row["started_at"]) and row["status"] in Status.open()


def otherwise_since(
    expected: Mapping[str, str], /, *, since: datetime | None, lock: bool
) -> dict[str, Change]:
    """For the retry of a replay: those in another state than when the first job's list was frozen."""
    rows = rows_of(expected, lock=lock)
    replays = Replay.objects.made_from(expected)
    replayed = set(replays.filter(created_at__gte=since).values_list("origin", flat=True)) if since else set()
    found = {pk: why_otherwise(row, expected[pk]) for pk, row in rows.items()}
    found |= {pk: REPLAYED for pk in rows if pk in replayed}
    return skipped(found) | (busy(expected.keys() - rows.keys()) if lock else {})


def why_otherwise(row: Mapping[str, Any], seen_state: str) -> str:
    """Empty while its status is what it was, or nobody knows what that was."""
    same = not seen_state or row["status"] == STATUS_OF.get(State(seen_state), seen_state)
    return "" if same else f"It was {seen_state} when the first job was made, and is {row['status']} now."


def rows_of(ids: Iterable[str], *, lock: bool) -> dict[str, Mapping[str, Any]]:
    """Their columns; with `lock` those alone that the engine hasn't locked, which stay as they are."""
    runs = Run.objects.filter(pk__among=list(ids)).order_by("pk")
    if lock:
        runs = runs.select_for_update(no_key=True, skip_locked=True)
    return {row["id"]: row for row in runs.values(*COLUMNS)}


def busy(ids: Iterable[str]) -> dict[str, Change]:
    """Those that exist, and so were left out because the engine has them locked."""
    there = Run.objects.filter(pk__among=list(ids)).values_list("pk", flat=True)
    return {pk: Change(pk, "failed", BUSY, again=True) for pk in there}


def skipped(why: Mapping[str, str]) -> dict[str, Change]:
    """The changes of those that there is something to say of."""
    return {pk: Change(pk, "skipped", text) for pk, text in why.items() if text}
