"""`python -m tests.fuzz`: 20,000 requests, by default from a seed of today's; both databases one by one."""

import argparse
import os
import subprocess
import sys
import time

parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
parser.add_argument("--requests", type=int, default=20_000)
parser.add_argument("--seed", type=int, default=int(time.time()) // 86_400)
parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
asked = parser.parse_args()
environment = os.environ | {"FUZZ_REQUESTS": str(asked.requests), "FUZZ_SEED": str(asked.seed)}
codes = [
    subprocess.call(  # noqa: S603 - our own words
        [sys.executable, "-m", "pytest", "-q", "--show-capture=no", f"--database={name}", "tests/fuzz"],
        env=environment,
    )
    for name in asked.database or ("sqlite", "postgresql")
]
sys.exit(max(codes))
