"""The engine's statuses of a run, and the two rules about them that SQL of more than one app needs.

What a person sees, the state, is derived from them in runs/states.py.
"""

QUEUED, RUNNING = OPEN = ("queued", "running")
COMPLETED, FAILED, CANCELLED = ENDED = ("completed", "failed", "cancelled")
# Who has leased the runs that the console itself keeps from workers.
HOLDER = "console:hold"

IS_OPEN = "status IN ('queued', 'running')"
# One parameter: now. What the console itself holds is never stuck.
IS_STUCK = f"status = '{RUNNING}' AND locked_until < %s AND (locked_by IS NULL OR locked_by <> '{HOLDER}')"
