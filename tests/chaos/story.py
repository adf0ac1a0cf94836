"""What people do meanwhile, over HTTP, again and again until they have an answer."""

import json
import time
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any

PATIENCE = 900.0
ENDED = {"finished", "failed", "stopped"}


class Operator:
    """Somebody with a token who doesn't give up; each deed has one Idempotency-Key."""

    def __init__(self, port: int, token: str) -> None:
        self.base, self.token = f"http://127.0.0.1:{port}", token
        self.tries = self.keys = 0

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """The answer to a deed, however often it has to be asked for."""
        self.keys += 1
        return self.ask(path, body, {"Idempotency-Key": f"chaos-{self.keys}"})

    def ask(
        self, path: str, body: dict[str, Any] | None = None, headers: dict[str, str] | None = None
    ) -> Any:
        """The first answer that isn't a failure of the server."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self.tries += 1
            try:
                return self.once(path, body, headers or {})
            except urllib.error.HTTPError as error:
                if error.code < 500:
                    raise RuntimeError(f"{path}: {error.code} {error.read().decode()[:500]}") from error
            except (OSError, HTTPException):
                pass
            time.sleep(0.3)
        raise TimeoutError(path)

    def once(self, path: str, body: dict[str, Any] | None, headers: dict[str, str]) -> Any:
        """One request."""
        told = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", **headers}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data=data, headers=told)  # noqa: S310 - our own server
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - as above
            return json.load(answer)

    def ready(self, verb: str, states: list[str]) -> Any:
        """A job over the runs in the states, when its list is frozen."""
        made = self.post(f"/api/runs/bulk-{verb}", {"filter": {"state": states}})
        return self.until(made["id"], {"ready"})

    def confirmed(self, job: Any, **pace: float | None) -> int:
        """Its number, once it was given a speed and confirmed with the number that was counted."""
        self.post(f"/api/jobs/{job['id']}/pace", pace)
        self.post(f"/api/jobs/{job['id']}/confirm", {"reason": "chaos", "number": job["total"]})
        return int(job["id"])

    def watch(self, jobs: list[int], states: set[str]) -> dict[int, float]:
        """Until all are in one of the states: how long each stood still at most, in seconds."""
        deadline = time.monotonic() + PATIENCE
        seen = dict.fromkeys(jobs, (-1, time.monotonic()))
        stood = dict.fromkeys(jobs, 0.0)
        while seen:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{list(seen)} have not ended")
            for job in list(seen):
                told, now = self.ask(f"/api/jobs/{job}"), time.monotonic()
                stood[job] = max(stood[job], now - seen[job][1])
                if told["counts"]["pending"] != seen[job][0]:
                    seen[job] = (told["counts"]["pending"], now)
                if told["state"] in states:
                    del seen[job]
            time.sleep(0.5)
        return stood

    def until(self, job: int, states: set[str]) -> Any:
        """The job when it is in one of the states."""
        deadline = time.monotonic() + PATIENCE
        while (found := self.ask(f"/api/jobs/{job}"))["state"] not in states:
            if time.monotonic() > deadline or found["state"] in ENDED:
                raise TimeoutError(f"Job {job} is {found}")
            time.sleep(0.5)
        return found
