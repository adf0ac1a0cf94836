"""Measures one database: fills it, installs what an operator would, asks every question; prints JSON."""

import json
import sys
from io import StringIO
from time import perf_counter
from typing import Any

import django


def main(runs: int) -> dict[str, Any]:
    """Everything about one size."""
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    settings.ALLOWED_HOSTS.append("testserver")
    begun = perf_counter()
    call_command("simulate", "seed", "--lean", "--runs", str(runs), stdout=StringIO())
    seeded = perf_counter() - begun
    call_command("prepare", stdout=StringIO())
    begun = perf_counter()
    call_command("engine", "install", "indexes", "guard", stdout=StringIO())
    return {"runs": runs, "seed": seeded, "install": perf_counter() - begun, **measured(runs)}


def measured(runs: int) -> dict[str, Any]:
    """Group → name → reading."""
    from tests.bench.cases import Cases
    from tests.bench.jobs import Jobs
    from tests.bench.over_http import measured as measured_over_http

    found: dict[str, dict[str, Any]] = {}
    for case in Cases():
        reading = case.run()
        found.setdefault(case.group, {})[case.name] = reading.as_dict()
        sys.stderr.write(f"  {case.group}: {case.name}: {reading.sql:.2f} / {reading.total:.1f} ms\n")
    http = measured_over_http(runs)
    return {
        "cases": found,
        "http": http,
        "jobs": {name: work.as_dict() for name, work in Jobs().run().items()},
    }


if __name__ == "__main__":
    json.dump(main(int(sys.argv[1])), sys.stdout)
