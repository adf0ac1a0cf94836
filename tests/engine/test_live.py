"""The living engine: traffic, workers, a death, an end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from urllib.parse import quote

import pytest
from django.db import connection, transaction

from events.models import Event
from functions.models import Function
from ops.engine.simulator import live
from ops.engine.simulator.live import Live
from ops.engine.simulator.shop import BY_ID
from runs.models import Run, Step
from tests.factories import make_run

ROOT = Path(__file__).parents[2]


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Hour:
    """A living engine whose time the test turns."""

    def __init__(self, rate: float = 1.0, workers: int = 4) -> None:
        self.clock = Clock()
        random = Random(1)  # noqa: S311 - reproducible on purpose
        self.live = Live(connection, rate=rate, workers=workers, random=random, clock=self.clock)
        self.live.begin()

    def pass_by(self, seconds: float) -> None:
        end = self.clock.now + seconds
        while self.clock.now < end:
            self.clock.now += self.live.agenda.go_on()


def test_traffic_goes_through_the_workers(db: None) -> None:
    Hour(rate=3.0).pass_by(60)
    done = Run.objects.filter(status="completed")
    assert done.count() > 60
    assert done.values("function_id").distinct().count() >= 8
    assert not done.filter(output__isnull=True).exists()
    assert Function.objects.count() == len(BY_ID) - 1


def test_steps_are_done_before_the_end(db: None) -> None:
    Hour(rate=2.0).pass_by(40)
    done = Run.objects.filter(status="completed", function_id="resize-images")
    assert done.exists()
    assert Step.objects.filter(run__in=done, status="completed").count() == 5 * done.count()


def test_a_paid_order_leads_to_an_invoice(db: None) -> None:
    Hour(rate=2.0).pass_by(45)
    captured = Event.objects.filter(name="payment.captured")
    paid = Run.objects.filter(function_id="charge-card", status="completed")
    assert captured.exists()
    assert captured.count() == paid.count()
    assert Run.objects.filter(function_id="generate-invoice", status="completed").exists()


def test_what_fails_once_may_succeed_later(db: None) -> None:
    Hour(rate=4.0).pass_by(100)
    assert Run.objects.filter(status="completed", attempt__gt=1, error__isnull=False).exists()


def test_a_function_that_nobody_knows_fails_after_its_attempts(db: None) -> None:
    run = make_run("forgotten")
    Hour(rate=0.01).pass_by(30)
    run.refresh_from_db()
    assert (run.status, run.attempt) == ("failed", 3)
    assert run.error == "No handler registered for function: forgotten"


def test_data_that_a_step_cannot_use_is_an_error_with_a_traceback(db: None) -> None:
    hour = Hour(rate=0.01)
    hour.live.server.send("order.placed", ["no", "order"])
    hour.pass_by(60)
    run = Run.objects.get(function_id="charge-card")
    assert (run.status, run.attempt) == ("failed", 5)
    assert str(run.error).startswith("Traceback (most recent call last):\n")


def test_a_worker_that_dies_leaves_its_runs_running_until_it_is_started_again(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "DEATH_EVERY", 300.0)
    monkeypatch.setattr(live, "GONE", 200.0)
    hour = Hour(rate=0.01, workers=1)
    while not (left := Run.objects.filter(locked_by__startswith="spot-worker-")).exists():
        hour.pass_by(60)
    hour.pass_by(100)
    assert set(left.values_list("status", flat=True)) == {"running"}
    name = str(left[0].locked_by)
    hour.pass_by(150)
    assert not left.filter(locked_by=name).exists()


def test_a_worker_goes_on_with_what_it_had_before_a_restart(db: None) -> None:
    run = make_run("legacy-export", "running", locked_by="shop-worker-2", max_attempts=1)
    other = make_run("legacy-export", "running", locked_by="somebody-else", max_attempts=1)
    Hour(rate=0.01).pass_by(5)
    run.refresh_from_db()
    other.refresh_from_db()
    assert (run.status, other.status) == ("failed", "running")


def test_workers_that_are_told_to_stop_finish_what_they_have(db: None) -> None:
    hour = Hour(rate=4.0)
    while not Run.objects.filter(status="running").exists():
        hour.pass_by(1)
    hour.live.stop()
    hour.live.finish()
    assert not Run.objects.filter(status="running").exists()


def test_a_deleted_run_does_not_disturb_its_worker(db: None) -> None:
    hour = Hour(rate=1.0)
    while not Run.objects.filter(status="running").exists():
        hour.pass_by(1)
    Event.objects.all().delete()
    hour.pass_by(60)
    assert Run.objects.filter(status="completed").exists()


def address() -> str:
    """CONSOLE_DATABASE_URL of the test database."""
    known = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{known['NAME']}"
    login = quote(known["USER"]) + (f":{quote(known['PASSWORD'])}" if known["PASSWORD"] else "")
    port = f":{known['PORT']}" if known["PORT"] else ""
    return f"postgresql://{login}@{quote(known['HOST'], safe='')}{port}/{known['NAME']}"


@contextmanager
def process(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`manage.py simulate live` on the test database."""
    command = [sys.executable, "manage.py", "simulate", "live", *arguments]
    environment = os.environ | {"CONSOLE_DATABASE_URL": address()}
    with subprocess.Popen(  # noqa: S603 - our own command
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def eventually(running: subprocess.Popen[str], condition: Callable[[], bool]) -> None:
    for _ in range(600):
        if condition():
            return
        assert running.poll() is None, running.communicate()[0]
        time.sleep(0.05)
    raise AssertionError("It did not happen within half a minute.")


def disturb() -> None:
    """Make the database unusable for the others for a moment."""
    if connection.vendor == "sqlite":
        with transaction.atomic():
            time.sleep(1)
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_it_survives_a_database_that_goes_away_and_stops_on_sigterm(transactional_db: None) -> None:
    with process("--rate", "40", "--workers", "2") as running:
        eventually(running, lambda: Run.objects.filter(status="completed").count() > 5)
        disturb()
        before = Event.objects.count()
        eventually(running, lambda: Event.objects.count() > before + 20)
        running.send_signal(signal.SIGTERM)
        output, _ = running.communicate(timeout=30)
    assert running.returncode == 0
    assert "Stopped." in output
    assert not Run.objects.filter(status="running", locked_by__startswith="shop-worker").exists()


def test_it_refuses_a_database_that_the_simulator_did_not_make(transactional_db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE console_simulator RENAME TO put_aside")
    try:
        with process() as running:
            output, _ = running.communicate(timeout=60)
        assert running.returncode == 1
        assert "was not made by the simulator" in output
        assert "Traceback" not in output
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE put_aside RENAME TO console_simulator")
    assert not Event.objects.exists()


@pytest.mark.parametrize("status", ["completed", "cancelled"])
def test_runs_that_ended_are_left_alone(db: None, status: str) -> None:
    run = make_run("legacy-export", status)
    Hour(rate=0.01).pass_by(10)
    run.refresh_from_db()
    assert run.status == status
