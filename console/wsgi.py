"""The web process: `gunicorn console.wsgi`."""

import os

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest

from console.environment import require_usable

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
# A pool doubles the requests per second; commands and Celery's forked processes do without its threads.
os.environ.setdefault("CONSOLE_DATABASE_POOL", "on")

require_usable(settings.FAULTS)


class Request(WSGIRequest):
    """Reads addresses and forms as UTF-8, whatever charset a header names.

    Django decodes the address by it too, before any middleware can refuse the request, and fails for one
    that isn't text, such as `zlib`.
    """

    encoding = None  # type: ignore[override]  # a plain attribute, which decides nothing


class Handler(WSGIHandler):
    """Django's, with these requests."""

    request_class = Request


django.setup(set_prefix=False)
application = Handler()
