"""The engine's tables: every column with its type on both databases."""

from collections.abc import Mapping
from typing import NamedTuple


class Kind(NamedTuple):
    """A column's type as each database names it, without length."""

    postgresql: str
    sqlite: str = "text"


ID = Kind("uuid")
TEXT = Kind("character varying")
LONG_TEXT = Kind("text")
NUMBER = Kind("integer", "integer")
JSON = Kind("jsonb")
TIME = Kind("timestamp with time zone")

TABLES: Mapping[str, Mapping[str, Kind]] = {
    "events": {
        "id": ID,
        "name": TEXT,
        "data": JSON,
        "idempotency_key": TEXT,
        "timestamp": TIME,
        "user_id": TEXT,
        "created_at": TIME,
    },
    "function_runs": {
        "id": ID,
        "function_id": TEXT,
        "event_id": ID,
        "status": TEXT,
        "attempt": NUMBER,
        "max_attempts": NUMBER,
        "input": JSON,
        "output": JSON,
        "error": LONG_TEXT,
        "created_at": TIME,
        "started_at": TIME,
        "ended_at": TIME,
        "locked_until": TIME,
        "locked_by": TEXT,
        "concurrency_key": TEXT,
        "run_after": TIME,
    },
    "step_runs": {
        "id": ID,
        "run_id": ID,
        "step_id": TEXT,
        "status": TEXT,
        "input": JSON,
        "output": JSON,
        "error": LONG_TEXT,
        "attempt": NUMBER,
        "created_at": TIME,
        "started_at": TIME,
        "ended_at": TIME,
    },
    "functions": {"id": TEXT, "definition": JSON, "created_at": TIME, "updated_at": TIME},
    "distributed_locks": {"key": TEXT, "holder": TEXT, "expires_at": TIME, "acquired_at": TIME},
}
# What operations need besides reading, as PostgreSQL names rights: each says which of them in `rights`.
UPDATE_RUNS = ("UPDATE", "function_runs")
INSERT_RUNS, INSERT_STEPS, INSERT_EVENTS = (
    ("INSERT", table) for table in ("function_runs", "step_runs", "events")
)
WRITES = (UPDATE_RUNS, INSERT_RUNS, INSERT_STEPS, INSERT_EVENTS)
MIGRATIONS = "_sqlx_migrations"
