"""The backend: `ENGINE = "ops.engine.postgresql"`."""

from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base

from ops.engine.postgresql import driver

# How much later than the server's own limit the client's is, so that the server's better error comes first.
GRACE = 2.0


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, with a limit on every wait."""

    Database = driver

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection that waits a little longer than a statement may take."""
        connection = super().get_new_connection(conn_params)
        timeout = settings.STATEMENT_TIMEOUT_SECONDS
        connection.limit = timeout + GRACE if timeout else None
        return connection
