"""The shell of the portal: settings, addresses, sign-in, overview, static files."""

from console.celery import app as celery_app

__version__ = "0.1.0"

__all__ = ["celery_app"]
