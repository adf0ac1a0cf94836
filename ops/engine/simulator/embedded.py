"""What a worker does that has the engine's crate inside: it writes the tables itself, without the server.

Its steps have a beginning, an end and an error, on both databases, and its retries wait.
"""

from typing import Any

from ops.engine.simulator import sql
from ops.engine.simulator.formats import SECOND, new_id, time_text
from ops.engine.simulator.server import Server

FIRST_WAIT = 1
LONGEST_WAIT = 60
JITTER = 0.25


class EmbeddedWorker:
    """A Rust worker; leases, completes and heartbeats are the server's."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def begin_step(self, run_id: str, step_id: str) -> None:
        """Insert the row, or begin again in the row of an earlier attempt."""
        now = self.server.clock()
        step = new_id(now, self.server.random)
        self.server.run(sql.BEGIN_STEP, [step, run_id, step_id, time_text(now), time_text(now)])

    def end_step(self, run_id: str, step_id: str, output: Any) -> None:
        self.server.save_step(run_id, step_id, output)

    def fail_step(self, run_id: str, step_id: str, error: str) -> None:
        """Failed with an error of its own."""
        self.server.run(sql.FAIL_STEP, [error, time_text(self.server.clock()), run_id, step_id])

    def fail(self, run_id: str, error: str, *, attempt: int, max_attempts: int) -> None:
        """Failed for good, or queued again for later; `run_after` then stays on the row."""
        retry = attempt < max_attempts
        self.server.fail(run_id, error, should_retry=retry)
        if retry:
            after = self.server.clock() + int(self.wait(attempt) * SECOND)
            self.server.run(sql.SET_RUN_AFTER, [time_text(after), run_id])

    def wait(self, attempt: int) -> float:
        """Seconds before the next attempt: doubled each time, at most a minute, a quarter more or less."""
        seconds = min(FIRST_WAIT * 2.0 ** (attempt - 1), LONGEST_WAIT)
        return max(FIRST_WAIT, seconds * (1 + JITTER * (2 * self.server.random.random() - 1)))
