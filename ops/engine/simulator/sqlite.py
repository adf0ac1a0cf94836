"""The server on SQLite: no guard against a second lease, steps of the SDK are kept."""

from collections.abc import Sequence

from ops.engine.simulator.formats import json_text, time_text
from ops.engine.simulator.server import Row, Server
from ops.engine.simulator.sql import RUN

DUE = """
SELECT id FROM function_runs
WHERE status = 'queued' AND (run_after IS NULL OR run_after <= %(now)s)
  AND (locked_until IS NULL OR locked_until < %(now)s)
ORDER BY created_at LIMIT %(limit)s
"""
# Not guarded by the status: what another worker took since DUE is taken again.
TAKE = """
UPDATE function_runs SET status = 'running', started_at = coalesce(started_at, %(now)s),
    locked_until = %(until)s, locked_by = %(worker)s, attempt = attempt + 1
WHERE id IN (SELECT value FROM json_each(%(ids)s))
"""
EXTEND = """
UPDATE function_runs SET locked_until = %(until)s
WHERE id IN (SELECT value FROM json_each(%(ids)s)) AND locked_by = %(worker)s AND status = 'running'
"""
# LIKE on the text finds a trigger only if `name` isn't its last key, and fails on broken JSON.
MATCHING = "SELECT definition FROM functions WHERE json_extract(definition, '$.triggers') LIKE %s"
SAVE_STEP = """
INSERT INTO step_runs (id, run_id, step_id, status, output, started_at, ended_at)
VALUES (lower(hex(randomblob(16))), %(run)s, %(step)s, 'completed', %(output)s, %(now)s, %(now)s)
ON CONFLICT (run_id, step_id) DO UPDATE SET status = 'completed', output = excluded.output,
    ended_at = excluded.ended_at
"""
RUNS = (
    RUN
    + """
WHERE (%(status)s IS NULL OR status = %(status)s)
  AND (%(function_id)s IS NULL OR function_id = %(function_id)s)
  AND (%(event_id)s IS NULL OR event_id = %(event_id)s)
ORDER BY created_at DESC LIMIT %(limit)s OFFSET %(offset)s
"""
)


class SqliteServer(Server):
    """What differs on SQLite."""

    extend_sql, save_step_sql, runs_sql = EXTEND, SAVE_STEP, RUNS

    def lease_ids(self, worker_id: str, limit: int, seconds: int) -> list[str]:
        ids = self.due(limit)
        self.take(ids, worker_id, seconds)
        return ids

    def due(self, limit: int) -> list[str]:
        """First half of a lease: the ids that are waiting."""
        rows = self.ask(DUE, {"now": time_text(self.clock()), "limit": limit})
        return [row["id"] for row in rows]

    def take(self, ids: Sequence[str], worker_id: str, seconds: int) -> None:
        """Second half: make them the worker's, whoever has them."""
        values = {"worker": worker_id, "ids": json_text(list(ids)), **self.lease_times(seconds)}
        self.run(TAKE, values)

    def definitions_with_trigger(self, name: str) -> list[Row]:
        return self.ask(MATCHING, [f'%"name":"{name}",%'])

    def id_list(self, ids: Sequence[str]) -> str:
        return json_text(list(ids))
