"""A real Chromium against the real server: what it says, what it refuses, how wide it gets."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, sync_playwright

from ops.access.models import User

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LISTEN = """document.addEventListener("securitypolicyviolation", (event) => {
  (window.refused ??= []).push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});"""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here drives a browser, and on one database: the pages don't know which it is."""
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.sqlite)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The machine's Chromium; without one these tests are skipped, unless REQUIRE_BROWSER=1."""
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's loop runs in the tests' thread
        path = shutil.which("chromium") or playwright.chromium.executable_path
        if not os.path.exists(path):  # noqa: PTH110 - a path that may be empty
            reason = "No Chromium: install the package chromium, or run `playwright install chromium`."
            (pytest.fail if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.skip)(reason)
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Visit:
    """One person's window. `trouble` collects console errors, script errors and server errors."""

    page: Page
    address: str
    trouble: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.add_init_script(LISTEN)
        self.page.on("console", self.heard)
        self.page.on("pageerror", lambda error: self.trouble.append(f"script: {error}"))
        self.page.on("response", self.answered)

    def heard(self, message: ConsoleMessage) -> None:
        """Chromium also reports every answer of 4xx as an error: pages of 403 and 404 are meant."""
        if message.type == "error" and "the server responded with a status of 4" not in message.text:
            self.trouble.append(f"console: {message.text}")

    def answered(self, response: Response) -> None:
        if response.status >= 500:
            self.trouble.append(f"{response.status} {response.url}")

    def open(self, path: str) -> Page:
        """Go to a path of the console."""
        self.page.goto(self.address + path)
        return self.page

    def refused(self) -> list[str]:
        """What the content security policy stopped on this page."""
        return list(self.page.evaluate("window.refused ?? []"))

    def axe(self, *rules: str) -> list[str]:
        """Violations that axe finds on this page, each with the first element; of all rules unless given.

        Preloading would copy stylesheets into inline ones, which the policy rightly stops.
        """
        options: dict[str, Any] = {"preload": False, "resultTypes": ["violations"]} | (
            {"runOnly": list(rules)} if rules else {}
        )
        found = Axe().run(self.page, options=options).response["violations"]
        return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]

    def sideways(self) -> int:
        """How many pixels the page is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))

    def small_targets(self, least: int = 40) -> list[str]:
        """Visible links and buttons outside of running text that a thumb would miss."""
        return list(self.page.evaluate(SMALL, least))


SMALL = """(least) => [...document.querySelectorAll("a, button, summary, select, input:not([type=hidden])")]
  .filter((e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .filter((e) => !e.closest("p, pre, td, th, dd, .facts, .alert, .messagelist, .json-body, .hint, label"))
  .filter((e) => !e.closest(".skip-to-content-link"))
  .map((e) => (e.matches(".row-link") ? e.closest("tr, li") : e))
  .filter((e) => e.getBoundingClientRect().height < least - 0.5)
  .map((e) => `${e.outerHTML.slice(0, 120)} ${e.getBoundingClientRect().height}`)"""


class Browse:
    """`browse(user)` opens a window in which that person is signed in; None: a visitor."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address, self.contexts = browser, address, []  # type: ignore[var-annotated]

    def __call__(
        self,
        user: User | None,
        *,
        width: int = 1440,
        theme: Any = "light",
        scripts: bool = True,
        zone: str = "UTC",
    ) -> Visit:
        size: Any = {"width": width, "height": 900 if width > 800 else 844}
        context = self.browser.new_context(
            viewport=size,
            color_scheme=theme,
            java_script_enabled=scripts,
            reduced_motion="reduce",
            timezone_id=zone,
            permissions=["clipboard-read", "clipboard-write"],
        )
        self.contexts.append(context)
        if user is not None:
            context.add_cookies([{"name": "sessionid", "value": session_of(user), "url": self.address}])
        return Visit(context.new_page(), self.address)


def session_of(user: User) -> str:
    """A session as signing in would make it."""
    client = Client()
    client.force_login(user, backend="ops.access.rights.RightsBackend")
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@pytest.fixture
def browse(chromium: Browser, live_server: Any) -> Iterator[Browse]:
    """Windows of this test."""
    windows = Browse(chromium, live_server.url)
    yield windows
    for context in windows.contexts:
        context.close()
