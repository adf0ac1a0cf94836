"""The web process: `gunicorn console.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
# A pool doubles the requests per second; commands and Celery's forked processes do without its threads.
os.environ.setdefault("CONSOLE_DATABASE_POOL", "on")

application = get_wsgi_application()
