"""Whether Celery's broker can be reached."""

from typing import Any

from celery import current_app
from kombu.exceptions import OperationalError

from ops.platform.memoize import remember

TIMEOUT = 2


def reach() -> bool:
    """Ask the broker for the queue to which tasks are sent."""
    broker: Any = current_app.connection_for_write()
    try:
        broker.ensure_connection(max_retries=1, interval_start=0, timeout=TIMEOUT)
        broker.default_channel.queue_declare(queue=current_app.conf.task_default_queue, passive=True)
    except broker.channel_errors:
        return True  # it answered: nothing was ever sent to that queue
    except (OperationalError, OSError, *broker.connection_errors):
        return False
    finally:
        broker.release()
    return True


@remember(seconds=5)
def recent() -> bool:
    """The answer of the last seconds, so that probes can't be used to keep the broker busy."""
    return reach()
