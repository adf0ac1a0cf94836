"""Gunicorn's settings in production: `gunicorn console.wsgi` reads this file by itself."""

import os

from django.conf import settings

from console import logs
from console.environment import require_usable

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
require_usable(settings.FAULTS)

bind = settings.BIND
worker_class = "console.web_worker.Worker"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 8
timeout = 60
max_requests = 20_000
max_requests_jitter = 2_000
# One line per request comes from the console itself, with the request's id.
accesslog = None
logconfig_dict = logs.configure(readable=False, level=settings.LOG_LEVEL)
control_socket_disable = True
# Nothing is taken from the headers of a proxy, not even on this machine: the console reads those it believes
# itself (CONSOLE_HTTPS, CONSOLE_PROXIES), and a SCRIPT_NAME that doesn't fit would be a 500.
forwarded_allow_ips = ""
forwarder_headers = ""
# Long filters, and the rows that a refresh of a list asks for; nginx takes 8 KB as well.
limit_request_line = 8190
