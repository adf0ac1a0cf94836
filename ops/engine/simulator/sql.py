"""The statements of the stand-in that are the same on both databases."""

INSERT_EVENT = """
INSERT INTO events (id, name, data, idempotency_key, timestamp, user_id) VALUES (%s, %s, %s, %s, %s, %s)
"""
INSERT_RUN = """
INSERT INTO function_runs (id, function_id, event_id, status, attempt, max_attempts, input, created_at)
VALUES (%s, %s, %s, 'queued', 0, %s, %s, %s)
"""
REGISTER = """
INSERT INTO functions (id, definition, created_at, updated_at) VALUES (%s, %s, %s, %s)
ON CONFLICT (id) DO UPDATE SET definition = excluded.definition, updated_at = excluded.updated_at
"""
EVENT_WITH_KEY = "SELECT id FROM events WHERE idempotency_key = %s"
RUN_IDS_OF_EVENT = "SELECT id FROM function_runs WHERE event_id = %s ORDER BY created_at"
DEFINITIONS = "SELECT definition FROM functions ORDER BY id"

# No status and no worker is asked: the last report wins, whatever the run has become meanwhile.
COMPLETE = """
UPDATE function_runs SET status = 'completed', output = %s, ended_at = %s,
    locked_until = NULL, locked_by = NULL
WHERE id = %s
"""
FAIL = """
UPDATE function_runs SET status = 'failed', error = %s, ended_at = %s, locked_until = NULL, locked_by = NULL
WHERE id = %s
"""
QUEUE_AGAIN = """
UPDATE function_runs SET status = 'queued', error = %s, locked_until = NULL, locked_by = NULL WHERE id = %s
"""
SET_RUN_AFTER = """
UPDATE function_runs SET status = 'queued', run_after = %s, locked_until = NULL, locked_by = NULL
WHERE id = %s
"""
CANCEL = """
UPDATE function_runs SET status = 'cancelled', ended_at = %s, locked_until = NULL, locked_by = NULL
WHERE id = %s AND status IN ('queued', 'running')
"""

RUN = """
SELECT id, function_id, event_id, status, attempt, max_attempts, input, output, error,
       created_at, started_at, ended_at FROM function_runs
"""
RUN_BY_ID = RUN + " WHERE id = %s"
EVENT = "SELECT id, name, data, timestamp, idempotency_key, user_id FROM events"
EVENT_BY_ID = EVENT + " WHERE id = %s"
EVENTS = EVENT + " ORDER BY timestamp DESC LIMIT %s OFFSET %s"
EVENTS_BY_NAME = EVENT + " WHERE name = %s ORDER BY timestamp DESC LIMIT %s OFFSET %s"
STEP = "SELECT id, step_id, status, output, error, attempt, created_at, ended_at FROM step_runs"
STEPS_OF_RUN = STEP + " WHERE run_id = %s ORDER BY created_at"
STEP_BY_ID = STEP + " WHERE run_id = %s AND step_id = %s"

BEGIN_STEP = """
INSERT INTO step_runs (id, run_id, step_id, status, attempt, created_at, started_at)
VALUES (%s, %s, %s, 'running', 0, %s, %s)
ON CONFLICT (run_id, step_id) DO UPDATE SET status = excluded.status, output = NULL, error = NULL,
    attempt = excluded.attempt, started_at = excluded.started_at, ended_at = NULL
"""
FAIL_STEP = (
    "UPDATE step_runs SET status = 'failed', error = %s, ended_at = %s WHERE run_id = %s AND step_id = %s"
)
