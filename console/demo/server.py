"""Gunicorn's settings in the demo; `when_ready` is called when the first page can be asked for."""

import os

bind = f"127.0.0.1:{os.environ['PORT']}"
worker_class = "console.web_worker.Worker"
threads = 8
preload_app = True  # so that being ready means that pages can be asked for
limit_request_line = 8190
control_socket_disable = True
forwarded_allow_ips = forwarder_headers = ""
graceful_timeout = 3

WELCOME = f"""
  Choreo Console, with sample data: http://localhost:{os.environ["PORT"]}
  Sign in as viewer, operator or admin, password demo. Ctrl-C stops it.
"""


def when_ready(server: object) -> None:
    """Say where it is."""
    print(os.environ.get("WELCOME", WELCOME), flush=True)  # noqa: T201 - this is what was asked for
