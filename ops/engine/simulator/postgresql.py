"""The server on PostgreSQL: one worker per lease, steps of the SDK are not kept."""

from collections.abc import Sequence

from ops.engine.simulator.formats import json_text
from ops.engine.simulator.server import Row, Server
from ops.engine.simulator.sql import RUN

LEASE = """
WITH due AS MATERIALIZED (
    SELECT id FROM function_runs
    WHERE status = 'queued' AND (run_after IS NULL OR run_after <= statement_timestamp())
      AND (locked_until IS NULL OR locked_until < statement_timestamp())
    ORDER BY created_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE function_runs r SET status = 'running', started_at = coalesce(started_at, statement_timestamp()),
    locked_until = %(until)s, locked_by = %(worker)s, attempt = attempt + 1
FROM due WHERE r.id = due.id RETURNING r.id
"""
EXTEND = """
UPDATE function_runs SET locked_until = %(until)s
WHERE id = ANY(%(ids)s::uuid[]) AND locked_by = %(worker)s AND status = 'running'
"""
MATCHING = "SELECT definition FROM functions WHERE definition -> 'triggers' @> %s::jsonb"
# Never inserts: what the SDK saves is lost unless the row is there.
SAVE_STEP = """
UPDATE step_runs SET status = 'completed', output = %(output)s, ended_at = %(now)s
WHERE run_id = %(run)s AND step_id = %(step)s
"""
RUNS = (
    RUN
    + """
WHERE (%(status)s::text IS NULL OR status = %(status)s)
  AND (%(function_id)s::text IS NULL OR function_id = %(function_id)s)
  AND (%(event_id)s::uuid IS NULL OR event_id = %(event_id)s::uuid)
ORDER BY created_at DESC LIMIT %(limit)s OFFSET %(offset)s
"""
)


class PostgresqlServer(Server):
    """What differs on PostgreSQL."""

    extend_sql, save_step_sql, runs_sql = EXTEND, SAVE_STEP, RUNS

    def lease_ids(self, worker_id: str, limit: int, seconds: int) -> list[str]:
        rows = self.ask(LEASE, {"worker": worker_id, "limit": limit, **self.lease_times(seconds)})
        return [str(row["id"]) for row in rows]

    def definitions_with_trigger(self, name: str) -> list[Row]:
        return self.ask(MATCHING, [json_text([{"type": "event", "name": name}])])

    def id_list(self, ids: Sequence[str]) -> list[str]:
        return list(ids)
