"""Gunicorn's worker with threads, in which /healthz never waits for a thread that something else holds."""

import socket
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

# Seconds without a byte: before the first request, or in the middle of a request or an answer.
SILENCE = 10
PROBES = (b"GET /healthz ", b"HEAD /healthz ")
END_OF_HEAD = b"\r\n\r\n"


class Worker(ThreadWorker):
    """Looks at what a connection has sent before it gives it a thread; probes have one of their own.

    Databases that hang, locked tables and clients that send half a request hold threads for a while, and what
    an orchestrator takes for a dead process would be killed with everything that goes on in it.
    """

    def init_process(self) -> None:
        """A thread for probes beside those of `threads`."""
        self.probes = ThreadPoolExecutor(max_workers=1)
        super().init_process()

    def enqueue_req(self, conn: Any) -> None:
        """Wait here for a new connection's first bytes, then give it a thread."""
        if not conn.initialized and not conn.data_ready:
            self.wait_for_bytes(conn)
            return
        pool = self.probes if is_probe(conn) else self.tpool
        future = pool.submit(self.handle, conn)
        future.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))

    def wait_for_bytes(self, conn: Any) -> None:
        """As gunicorn does itself with connections that held a thread for five seconds in vain."""
        limit_silence(conn.sock)
        conn.sock.setblocking(False)  # noqa: FBT003 - the socket's own interface
        conn.timeout = time.monotonic() + SILENCE
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))


def is_probe(conn: Any) -> bool:
    """Whether a whole request for /healthz is there to be read."""
    try:
        head = conn.sock.recv(4096, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except OSError:
        return False
    return head.startswith(PROBES) and END_OF_HEAD in head


def limit_silence(sock: socket.socket) -> None:
    """Let reading and writing fail after a while; Python's own time-out is undone by gunicorn."""
    limit = struct.pack("ll", SILENCE, 0)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
