"""Whether a known vulnerability is in what is locked: a part of `make check`, by pip-audit.

It fails on a vulnerability alone. Without the network nothing is known, which is said and stops nobody.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements-dev.txt"  # holds production's versions too
SECONDS = 60
AUDIT = [sys.executable, "-m", "pip_audit", "--require-hashes", "--disable-pip"]
AUDIT += ["--progress-spinner", "off", "--format", "json", "--timeout", "5"]


def report(lock: Path, *, seconds: float) -> list[dict[str, Any]] | None:
    """What the advisories say of each package; None where they couldn't be asked in time."""
    try:
        done = subprocess.run(  # noqa: S603 - a tool of ours
            [*AUDIT, "--requirement", str(lock)], capture_output=True, text=True, timeout=seconds, check=False
        )
        return list(json.loads(done.stdout)["dependencies"])
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        return None


def main(lock: Path = LOCK, *, seconds: float = SECONDS) -> int:
    """Say what was found; 1 if it is a vulnerability."""
    packages = report(lock, seconds=seconds)
    if packages is None:
        say("The advisories couldn't be asked, so it isn't known whether a dependency is vulnerable.")
        return 0
    unknown = sum("skip_reason" in one for one in packages)
    if unknown:
        say(f"Nothing is known of {unknown} of {len(packages)} locked packages: is a mirror asked?")
    vulnerable = [(one, vuln) for one in packages for vuln in one.get("vulns", ())]
    for one, vuln in vulnerable:
        mended = ", ".join(vuln["fix_versions"]) or "no version yet"
        say(f"{one['name']} {one['version']} has the vulnerability {vuln['id']}; mended in {mended}.")
    return 1 if vulnerable else 0


def say(text: str) -> None:
    """For people who read what `make check` did."""
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
