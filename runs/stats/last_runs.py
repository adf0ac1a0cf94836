"""When each function ran last."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from ops.engine.values import Timestamp
from ops.platform.caching import kept
from runs.ordering import orders_by_id
from runs.stats.sql import LAST_RUNS_AMONG_NEWEST, LAST_RUNS_POSTGRESQL, LAST_RUNS_SQLITE
from runs.stats.statistics import AGE, BUDGET


def last_runs(function_ids: Sequence[str]) -> Mapping[str, datetime]:
    """Function → creation of its newest run. Without our indexes only among the newest runs of all."""
    if orders_by_id():
        return read_last_runs(function_ids)
    return kept("last", read=read_newest, seconds=AGE)


def read_last_runs(function_ids: Sequence[str]) -> dict[str, datetime]:
    """One look-up in the index for each."""
    if connection.vendor == "postgresql":
        return moments(LAST_RUNS_POSTGRESQL, list(function_ids))
    return moments(LAST_RUNS_SQLITE, json.dumps(list(function_ids)))


def read_newest() -> dict[str, datetime]:
    """Those that occur among the newest BUDGET runs."""
    return moments(LAST_RUNS_AMONG_NEWEST, BUDGET[connection.vendor])


def moments(statement: str, parameter: Any) -> dict[str, datetime]:
    """Rows of (function, moment), without those that have none."""
    with connection.cursor() as cursor:
        cursor.execute(statement, [parameter])
        return {name: Timestamp.read(moment) for name, moment in cursor.fetchall() if moment is not None}
