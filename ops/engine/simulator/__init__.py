"""A stand-in for the engine's server and workers, on tables that it made itself; behaviour: docs/engine.md.

`server` answers what the engine's HTTP API answers, `embedded` does what workers with the engine inside
do, `live` keeps both going, `history` invents the past. Used by demo, tests and load measurements.
"""

from ops.engine.ddl import NotOurs, create_engine_tables, is_ours, require_ours

create = create_engine_tables

__all__ = ["NotOurs", "create", "is_ours", "require_ours"]
