"""What the ORM cannot say."""

# Index idx_runs_function: each hop reads one entry; DISTINCT would read them all.
FUNCTION_IDS = """
WITH RECURSIVE hop(name) AS (
    SELECT min(function_id) FROM function_runs
    UNION ALL
    SELECT (SELECT min(function_id) FROM function_runs WHERE function_id > hop.name)
    FROM hop WHERE hop.name IS NOT NULL
)
SELECT name FROM hop WHERE name IS NOT NULL LIMIT 1000
"""
