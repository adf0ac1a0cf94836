"""psycopg, but with a limit on every wait for the server.

`statement_timeout` is kept by the server, keepalives and `tcp_user_timeout` by the kernels. None of them
helps against a server, or a proxy before it, that takes everything and says nothing; and on a Unix socket
there are no keepalives at all.
"""

import select
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from psycopg import *  # noqa: F403 - what PEP 249 wants of a driver: errors and types
from psycopg import Connection, OperationalError, pq

# For what a server does at once: opening a session, saying that it is there.
AT_ONCE = 2.0
# How long an answer proves that the server is there.
FRESH = 0.2


class PatientConnection(Connection[Any]):
    """Waits `limit` seconds for an answer, then gives itself up; None waits for ever."""

    limit: float | None = None
    heard_at = 0.0

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """As in the base class; OperationalError when the server says nothing for too long."""
        try:
            answer = super().wait(gen, interval=interval, timeout=self.limit if timeout is None else timeout)
        except OperationalError as error:
            if timeout is not None or self.pgconn.transaction_status != pq.TransactionStatus.ACTIVE:
                raise
            # The answer may still come, and would be taken for that of the next statement.
            self.pgconn.finish()
            raise OperationalError(f"no answer from the server within {self.limit:g} s") from error
        self.heard_at = monotonic()
        return answer

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        """For the pool alone, which asks this way whether the server is there; Django has cursors.

        It asks for each request. A server that has just answered and hasn't hung up since is there.
        """
        if monotonic() < self.heard_at + FRESH and not has_something_to_read(self.fileno()):
            return None
        with self.limited(AT_ONCE):
            return super().execute(*args, **kwargs)

    @contextmanager
    def limited(self, seconds: float | None) -> Iterator[None]:
        """Another limit for a while."""
        before, self.limit = self.limit, seconds
        try:
            yield
        finally:
            self.limit = before


def has_something_to_read(descriptor: int) -> bool:
    """Whether a connection at rest was sent something: a server that goes away closes it."""
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    return bool(poller.poll(0))


connect = PatientConnection.connect
