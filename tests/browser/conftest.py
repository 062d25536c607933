"""A browser, a server on the loopback, and tabs that show pages of the built site."""

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright
from playwright.sync_api import Page as Tab

from tests.built import Page, built, site

__all__ = ["built", "site"]

# The browser shows pages from this machine alone: it needs no sandbox and calls nobody.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

Show = Callable[..., Tab]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium. Without one the tests fail where CI is set, and elsewhere are skipped."""
    with sync_playwright() as playwright:
        found = chromium(playwright)
        if found is None:
            reason = "there is no Chromium: run scripts/install-browser"
            pytest.fail(reason, pytrace=False) if os.environ.get("CI") else pytest.skip(reason)
        with playwright.chromium.launch(executable_path=found, args=FLAGS) as launched:
            yield launched


def chromium(playwright: Playwright) -> str | None:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Keeps the log to itself."""


@pytest.fixture(scope="session")
def origin(site: Path) -> Iterator[str]:
    """Where the built site is served."""
    handler = functools.partial(Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture
def show(browser: Browser, origin: str, site: Path) -> Iterator[Show]:
    """Opens a page below docs/ in a window of its own."""
    contexts = []

    def opened(source: str, *, width: int = 1280, theme: str = "light", scripts: bool = True, **settings: Any) -> Tab:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=theme, java_script_enabled=scripts, **settings
        )
        context.route("**/workers/search.*.js", lambda route: route.abort())  # slow, and not call here
        contexts.append(context)
        tab = context.new_page()
        answer = tab.goto(origin + Page(source, site).url)
        assert answer is not None
        assert answer.ok
        return tab

    yield opened
    for context in contexts:
        context.close()
