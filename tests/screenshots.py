"""The pictures of docs/screenshots, taken from the demo: `make screenshots`."""

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "docs" / "screenshots"
PORT = os.environ.get("PORT", "8017")
ADDRESS = f"http://127.0.0.1:{PORT}"
PATIENCE = 300
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
WIDE: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2}
PICTURES: tuple[tuple[str, str | None, dict[str, Any], Any], ...] = (
    ("overview", "/overview", WIDE, "light"),
    ("overview-dark", "/overview", WIDE, "dark"),
    ("runs", "/runs?state=failed", WIDE, "light"),
    ("runs-phone", "/runs?state=failed", PHONE, "light"),
    ("run", None, WIDE, "light"),
    ("audit", "/audit", WIDE, "light"),
)


def main() -> None:
    """All pictures, from one demo that is stopped afterwards."""
    TARGET.mkdir(parents=True, exist_ok=True)
    with demo(), sync_playwright() as playwright:
        path = shutil.which("chromium") or playwright.chromium.executable_path
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        for name, address, size, theme in PICTURES:
            context = browser.new_context(**size, color_scheme=theme, reduced_motion="reduce")
            page = signed_in(context.new_page())
            page.goto(ADDRESS + (address or failed_run(page)))
            page.wait_for_load_state("networkidle")
            page.screenshot(path=TARGET / f"{name}.png")
            context.close()
        browser.close()


@contextmanager
def demo() -> Iterator[None]:
    """The demo, from the moment when it answers."""
    command = [sys.executable, "manage.py", "demo", "--port", PORT]
    process = subprocess.Popen(command, cwd=ROOT)  # noqa: S603 - our own
    try:
        wait_until_it_answers(process)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def wait_until_it_answers(process: subprocess.Popen[bytes]) -> None:
    """Until the sign-in page is there; SystemExit if the demo has ended or takes too long."""
    for _ in range(PATIENCE):
        try:
            urllib.request.urlopen(f"{ADDRESS}/login").close()  # noqa: S310 - our own address
        except OSError:
            time.sleep(1)
        else:
            return
        if process.poll() is not None:
            break
    raise SystemExit("The demo did not come up.")


def signed_in(page: Page) -> Page:
    """As the demo's operator."""
    page.goto(f"{ADDRESS}/login")
    page.fill("input[name=username]", "operator")
    page.fill("input[name=password]", "demo")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/overview")
    return page


def failed_run(page: Page) -> str:
    """The newest run that failed in the outage."""
    page.goto(f"{ADDRESS}/runs?state=failed&function_id=sync-crm")
    href = page.locator("a[href^='/runs/']").first.get_attribute("href")
    if href is None:
        raise SystemExit("The demo has no failed run of sync-crm.")
    return href


if __name__ == "__main__":
    main()
