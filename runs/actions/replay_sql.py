"""Copies made inside the database, so that payloads keep their bytes and never travel through Python.

Each statement takes its (old, new) pairs of ids as one JSON text.
"""

from ops.engine.statuses import IS_OPEN

PAIRS = {
    "postgresql": (
        "SELECT (p->>0)::uuid AS old, (p->>1)::uuid AS new FROM jsonb_array_elements(%s::jsonb) AS p"
    ),
    "sqlite": "SELECT value->>0 AS old, value->>1 AS new FROM json_each(%s)",
}

# A queued run as the engine inserts one: attempt 0, nobody's, due at once.
COPY_RUNS = """
INSERT INTO function_runs
    (id, function_id, event_id, status, attempt, max_attempts, input, created_at, concurrency_key)
SELECT pairs.new, r.function_id, r.event_id, 'queued', 0, r.max_attempts, r.input, %s, r.concurrency_key
FROM ({pairs}) AS pairs JOIN function_runs r ON r.id = pairs.old
"""

# Workers skip a step whose cached status is completed; NULL stays NULL and JSON null stays JSON null.
COPY_STEPS = """
INSERT INTO step_runs
    (id, run_id, step_id, status, input, output, error, attempt, created_at, started_at, ended_at)
SELECT {new_id}, pairs.new, s.step_id, s.status, s.input, s.output, s.error, s.attempt,
    s.created_at, s.started_at, s.ended_at
FROM ({pairs}) AS pairs JOIN step_runs s ON s.run_id = pairs.old
WHERE s.status = 'completed'
"""
NEW_STEP_ID = {
    "postgresql": "gen_random_uuid()",
    # The form of the ids that the SDK's steps have: 32 hexadecimal digits.
    "sqlite": "lower(hex(randomblob(16)))",
}
# A run that is a replay itself passes its root on.
LINK = """
INSERT INTO runs_replay (run, origin, root, generation, mode, edited, created_at, job)
SELECT pairs.new, pairs.old, coalesce(p.root, pairs.old), coalesce(p.generation, 0) + 1, %s, %s, %s, {job}
FROM ({pairs}) AS pairs LEFT JOIN runs_replay p ON p.run = pairs.old
"""

# Those that don't exist, have lost their event or are still open: nearly none of a thousand.
UNUSUAL = f"""
WITH wanted(id) AS ({{many}})
SELECT CAST(wanted.id AS text), r.id IS NOT NULL, e.id IS NOT NULL
FROM wanted LEFT JOIN function_runs r ON r.id = wanted.id LEFT JOIN events e ON e.id = r.event_id
WHERE r.id IS NULL OR e.id IS NULL OR r.{IS_OPEN}
"""  # noqa: S608 - a constant of ours
