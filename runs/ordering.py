"""The order of lists of runs: by id where that is the order of creation, else by time of creation."""

from django.core.cache import cache
from django.db import connection

from ops.engine import extensions
from ops.engine.ids import has_foreign_ids
from ops.lists.pagination import Order

AGE = 60


def orders_by_id() -> bool:
    """Whether every id is a UUIDv7; asked once a minute, and only where our index makes it cheap."""
    return bool(cache.get_or_set("runs.orders_by_id", read_orders_by_id, timeout=AGE))


def read_orders_by_id() -> bool:
    """The same, from the database."""
    return extensions.is_current("indexes", connection) and not has_foreign_ids()


def run_order(*, newest_first: bool = True) -> Order:
    """The total order of lists of runs."""
    return Order(columns=("id",) if orders_by_id() else ("created_at", "id"), newest_first=newest_first)
