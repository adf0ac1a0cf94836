"""The demo's processes under honcho: when one ends, all end."""

import signal
import sys
from collections.abc import Callable
from shlex import quote

from django.conf import settings
from honcho.manager import SIGNALS, Manager
from honcho.printer import Printer

PYTHON = quote(sys.executable)
COMMANDS = {
    "web": f"exec {PYTHON} -m gunicorn console.wsgi --config python:console.demo.server",
    # As root Celery warns in ten lines; the demo does no harm to anybody.
    "worker": f'exec {PYTHON} -W "ignore:You\'re running" -m celery -A console --quiet worker --pool solo'
    " --without-gossip --without-mingle --loglevel WARNING",
    "beat": f"exec {PYTHON} -m celery -A console --quiet beat --loglevel WARNING --pidfile=",
    "engine": f"exec {PYTHON} manage.py simulate live",
}


class Processes(Manager):  # type: ignore[misc] # honcho has no types
    """Honcho without its own remarks, and not to be outlived by its processes when a terminal closes."""

    def loop(self) -> None:
        """Until a signal, or until a process ends."""
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
        super().loop()

    def _system_print(self, data: str) -> None:
        """Starts and stops are of no interest."""


def run(say: Callable[[str], object]) -> bool:
    """Run them all; True if a signal ended them, False if a process ended by itself."""
    manager = Processes(Printer(sys.stdout, colour=sys.stdout.isatty()))
    for name, command in COMMANDS.items():
        manager.add_process(name, command, cwd=str(settings.BASE_DIR))
    manager.loop()
    stopped = manager.returncode in {known["rc"] for known in SIGNALS.values()}
    say("Stopped." if stopped else "One of the demo's processes exited (see above); the others were stopped.")
    return stopped
