"""What the ORM cannot say."""

# Index idx_runs_function: each hop reads one entry; DISTINCT would read them all.
FUNCTION_IDS = """
WITH RECURSIVE hop(name) AS (
    SELECT min(function_id) FROM function_runs
    UNION ALL
    SELECT (SELECT min(function_id) FROM function_runs WHERE function_id > hop.name)
    FROM hop WHERE hop.name IS NOT NULL
)
SELECT name FROM hop WHERE name IS NOT NULL
"""

# Of a million queued runs a cancel has nothing to learn but that they are: only what is otherwise is told.
# The empty text hides the status from the planner: see RunQuerySet.open_among.
LOCK = """
WITH wanted(id) AS MATERIALIZED ({{many}}),
locked AS MATERIALIZED (
    SELECT id, status = 'queued' AND ended_at IS NULL AND locked_until IS NULL AND locked_by IS NULL AS waits
    FROM function_runs WHERE id {among} AND status || '' IN ('queued', 'running') ORDER BY id {locking}
)
SELECT CAST(wanted.id AS text), locked.id IS NOT NULL
FROM wanted LEFT JOIN locked ON locked.id = wanted.id WHERE locked.id IS NULL OR NOT locked.waits
"""
LOCK_OPEN = {
    # An array, for the reason that the lookup `among` has.
    "postgresql": LOCK.format(
        among="= ANY(ARRAY(SELECT id FROM wanted))", locking="FOR NO KEY UPDATE SKIP LOCKED"
    ),
    "sqlite": LOCK.format(among="IN (SELECT id FROM wanted)", locking=""),
}
