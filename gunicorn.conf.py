"""Gunicorn's settings in production: `gunicorn console.wsgi` reads this file by itself."""

import os

from console import logs

bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
worker_class = "console.web_worker.Worker"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 8
timeout = 60
max_requests = 20_000
max_requests_jitter = 2_000
# One line per request comes from the console itself, with the request's id.
accesslog = None
logconfig_dict = logs.configure(readable=False, level=os.environ.get("CONSOLE_LOG_LEVEL", "INFO"))
control_socket_disable = True
# Nothing is taken from the headers of a proxy, not even on this machine: the console reads those it believes
# itself (CONSOLE_HTTPS, CONSOLE_PROXIES), and a SCRIPT_NAME that doesn't fit would be a 500.
forwarded_allow_ips = ""
forwarder_headers = ""
# Long filters, and the rows that a refresh of a list asks for; nginx takes 8 KB as well.
limit_request_line = 8190
