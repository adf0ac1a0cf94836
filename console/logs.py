"""How the console logs: JSON for machines, or readable lines in the demo, from our loggers and everyone's."""

from typing import Any

import structlog

BEFORE: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure(*, readable: bool, level: str) -> dict[str, Any]:
    """Set up structlog; returns the value of Django's LOGGING."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *BEFORE,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"console": formatter(readable=readable)},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "console"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Requests have a line of their own, with their id.
            "django.request": {"level": "CRITICAL"},
            "django.server": {"handlers": [], "propagate": False},
            "gunicorn.error": {"handlers": ["console"], "level": level, "propagate": False},
            # The sweeper alone would write two lines every five seconds; failures are logged all the same.
            "celery": {"level": "WARNING"},
            "axes": {"level": "WARNING"},
        },
    }


def formatter(*, readable: bool) -> dict[str, Any]:
    last: list[Any] = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]
    if readable:
        last = [structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)]
    return {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": BEFORE,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    }
