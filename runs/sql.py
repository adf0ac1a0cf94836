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

# The table belongs to an app above this one; only the fact that the row is there is asked.
IS_REGISTERED = "SELECT EXISTS (SELECT 1 FROM functions WHERE id = %s)"
