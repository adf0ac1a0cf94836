"""What the ORM cannot say."""

# Index idx_events_name: each hop reads one entry; DISTINCT would read them all.
EVENT_NAMES = """
WITH RECURSIVE hop(name) AS (
    SELECT min(name) FROM events
    UNION ALL
    SELECT (SELECT min(name) FROM events WHERE name > hop.name) FROM hop WHERE hop.name IS NOT NULL
)
SELECT name FROM hop WHERE name IS NOT NULL
"""
