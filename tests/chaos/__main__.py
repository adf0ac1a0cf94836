"""`make chaos`: jobs while worker, web server, broker and database are killed again and again.

First two large jobs, one after the other, then six at once on the one slot of the one worker.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from tests.chaos.stage import PYTHON, Part, Postgresql, free_port, parts_of
from tests.chaos.story import ENDED, Operator


def say(text: str) -> None:
    """A line for whoever looks on."""
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stdout.flush()


def main() -> int:
    """Both databases, or one of them; 1 if anything was lost or done twice."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--runs", type=int, default=100_000, help="of each of the two jobs")
    parser.add_argument(
        "--kills", type=int, default=30, help="during the large jobs; a fifth more during the six"
    )
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    wrong = 0
    for database in given.database or ["sqlite", "postgresql"]:
        command = [PYTHON, "-m", "tests.chaos", "--runs", str(given.runs), "--kills", str(given.kills)]
        if "CHAOS_FOLDER" in os.environ:
            return play(database, given)
        folder = Path(tempfile.mkdtemp(prefix="console-chaos-"))
        folder.chmod(0o755)
        env = {**os.environ, "CHAOS_FOLDER": str(folder)}
        command += ["--seed", str(given.seed), "--database", database]
        wrong |= subprocess.run(command, env=env, check=False).returncode  # noqa: S603 - ourselves
        shutil.rmtree(folder, ignore_errors=True)
    return wrong


def play(database: str, given: argparse.Namespace) -> int:
    """One database, in a process whose environment is that of all the parts."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # not without ending what was started
    folder, web_port, redis_port = Path(os.environ["CHAOS_FOLDER"]), free_port(), free_port()
    redis = shutil.which("redis-server") if database == "postgresql" else None
    broker = f"redis://127.0.0.1:{redis_port}/0" if redis else f"sqla+sqlite:///{folder}/broker.sqlite3"
    settings = {
        "CONSOLE_SECRET_KEY": "chaos only",
        "CONSOLE_BROKER_URL": broker,
        "CONSOLE_DATABASE_URL": f"sqlite:///{folder}/chaos.sqlite3",
        "CONSOLE_DEBUG": "1",
        "CONSOLE_LOG_LEVEL": "ERROR",
    }
    os.environ.update(settings)
    server = Postgresql(folder, os.environ) if database == "postgresql" else None
    if server:
        server.make()
        os.environ["CONSOLE_DATABASE_URL"] = server.url
    command = (redis, "--port", str(redis_port), "--save", "", "--dir", str(folder)) if redis else ()
    parts = parts_of(os.environ, web_port, command)
    try:
        token = prepare(given.runs)
        for part in parts.values():
            part.start()
        victims = [parts[name] for name in ("worker", "web", "broker")] + ([server] if server else [])
        others = [parts["beat"], parts["engine"]]
        return perform(Operator(web_port, token), victims, others, given)
    finally:
        for part in [*parts.values(), *([server] if server else [])]:
            part.kill()


def prepare(runs: int) -> str:
    """A past, the console's tables, the guard; an operator's token."""
    for command in (
        f"simulate seed --lean --runs {runs * 102 // 100}",
        "prepare",
        "engine install indexes guard",
    ):
        manage(command)
    return manage("token create --user operator --name chaos").strip()


def manage(command: str) -> str:
    """The output of a management command."""
    words = (PYTHON, "manage.py", *command.split())
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603 - our own


def perform(operator: Operator, victims: list[Part], others: list[Part], given: argparse.Namespace) -> int:
    """A replay, and a cancel of what is queued then, and six jobs at once, under fire; then the reckoning."""
    random = Random(given.seed)  # noqa: S311 - instants, no secret
    with fire(victims, others, given.kills, random):
        jobs = one_after_the_other(operator)
    with fire(victims, others, given.kills * 6 // 5, random):
        jobs += six_at_once(operator)
    return reckon(jobs, operator, victims)


def one_after_the_other(operator: Operator) -> list[int]:
    """The two large jobs, calm enough to outlive many deaths."""
    began, jobs = time.monotonic(), []
    for verb, state in (("replay", ["completed", "failed"]), ("cancel", ["queued", "running"])):
        jobs.append(operator.confirmed(operator.ready(verb, state), duty=20, feed=None))
        found = operator.until(jobs[-1], ENDED)
        say(f"{verb}: {found['state']}, {found['counts']}, after {time.monotonic() - began:.0f} s")
    return jobs


def six_at_once(operator: Operator) -> list[int]:
    """Four replays that are fed, which take all the time of the slot, and two cancels beside them."""
    found = [operator.ready("replay", ["failed"]) for _ in range(4)]
    found += [operator.ready("cancel", ["queued", "running"]) for _ in range(2)]
    began = time.monotonic()
    paces: list[dict[str, float | None]] = [{"feed": 100 + 50 * number} for number in range(4)]
    paces += [{"duty": 5}, {"duty": 50}]
    jobs = [operator.confirmed(job, **pace) for job, pace in zip(found, paces, strict=True)]
    stood = operator.watch(jobs, ENDED)
    for job in jobs:
        told = operator.ask(f"/api/jobs/{job}")
        say(f"{told['verb']}: {told['state']}, {told['counts']}, stood still for {stood[job]:.0f} s at most")
    say(f"six at once: after {time.monotonic() - began:.0f} s")
    return jobs


@contextmanager
def fire(victims: list[Part], others: list[Part], kills: int, random: Random) -> Iterator[None]:
    """Until there were so many deaths in all, or the end."""
    over = threading.Event()
    killer = threading.Thread(target=kill, args=(victims, others, kills, random, over))
    killer.start()
    try:
        yield
    finally:
        over.set()
        killer.join()


def kill(victims: list[Part], others: list[Part], kills: int, random: Random, over: threading.Event) -> None:
    """One after the other at random instants; what ended by itself is started again, as by a supervisor."""
    while not over.wait(random.uniform(0.5, 5)):
        if sum(victim.deaths for victim in victims) < kills:
            random.choice(victims).die()
        for part in (*victims, *others):
            part.tend()


def reckon(jobs: list[int], operator: Operator, victims: list[Part]) -> int:
    """Print what happened and what is wrong; 1 if anything is."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "console.settings"
    import django

    django.setup()
    from tests.chaos.truth import faults

    deaths = {part.name: part.deaths for part in victims}
    say(f"{sum(deaths.values())} deaths: {deaths}; {operator.keys} deeds in {operator.tries} requests")
    wrong = list(faults(jobs, keys=operator.keys))
    say("; ".join(wrong) or "Nothing lost, nothing done twice, the audit log is whole.")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
