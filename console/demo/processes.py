"""The processes of a console on one machine: when one ends, all end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence

from django.conf import settings

PYTHON = sys.executable
CELERY = [PYTHON, "-W", "ignore:You're running", "-m", "celery", "-A", "console", "--quiet"]
CONSOLE = (
    [PYTHON, "-m", "gunicorn", "console.wsgi", "--config", "python:console.demo.server"],
    # The filter in CELERY: as root Celery warns in ten lines; the demo does no harm to anybody.
    [*CELERY, "worker", "--pool", "solo", "--without-gossip", "--without-mingle", "--loglevel", "WARNING"],
    [*CELERY, "beat", "--loglevel", "WARNING", "--pidfile="],
)
DEMO = (*CONSOLE, [PYTHON, "manage.py", "simulate", "live"])
# A terminal that closes must not leave them behind.
STOPPED_BY = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
PATIENCE = 5  # seconds to end in


def run(say: Callable[[str], object], commands: Sequence[list[str]]) -> bool:
    """Run them all; True if a signal ended them, False if a process ended by itself."""
    usual = signal.pthread_sigmask(signal.SIG_BLOCK, {*STOPPED_BY, signal.SIGCHLD})
    processes: list[subprocess.Popen[bytes]] = []
    try:
        processes.extend(start(command, usual) for command in commands)
        stopped = wait(processes)
    finally:
        end(processes)
        while signal.sigtimedwait(STOPPED_BY, 0):  # a second Ctrl-C has nothing left to stop
            pass
        signal.pthread_sigmask(signal.SIG_SETMASK, usual)
    say("Stopped." if stopped else "One of the processes exited (see above); the others were stopped.")
    return stopped


def start(command: Sequence[str], mask: Iterable[int]) -> subprocess.Popen[bytes]:
    """A process that leads a group of its own, and so doesn't hear the terminal's Ctrl-C itself."""
    return subprocess.Popen(  # noqa: S603 - our own words
        command,
        cwd=settings.BASE_DIR,
        start_new_session=True,
        preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_SETMASK, mask),
    )


def wait(processes: Sequence[subprocess.Popen[bytes]]) -> bool:
    """Whether a signal came before any process ended."""
    while all(process.poll() is None for process in processes):
        if signal.sigwait({*STOPPED_BY, signal.SIGCHLD}) in STOPPED_BY:
            return True
    return False


def end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Ask each to end, and its children; kill what is still there after a while."""
    tell(processes, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and any(process.poll() is None for process in processes):
        time.sleep(0.05)
    tell(processes, signal.SIGKILL)
    for process in processes:
        process.wait()


def tell(processes: Sequence[subprocess.Popen[bytes]], what: signal.Signals) -> None:
    """Send a signal to whatever is left of each group."""
    for process in processes:
        try:
            os.killpg(process.pid, what)
        except ProcessLookupError:
            continue
